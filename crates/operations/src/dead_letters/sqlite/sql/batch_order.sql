  AND letter.run_id = ?10 AND letter.dead_letter_id > ?11 AND letter.dead_letter_id <= ?12
ORDER BY letter.dead_letter_id
LIMIT ?13
