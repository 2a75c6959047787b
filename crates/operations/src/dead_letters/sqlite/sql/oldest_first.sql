  AND letter.dead_letter_id > ?10
ORDER BY letter.dead_letter_id
LIMIT ?11
