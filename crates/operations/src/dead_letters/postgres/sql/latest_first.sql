  AND ($10::bigint IS NULL OR letter.dead_letter_id < $10)
ORDER BY letter.dead_letter_id DESC
LIMIT $11
