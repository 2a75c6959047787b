SELECT dead_letter_id, doc_id, source_name, error_class, error_message, retry_count
FROM dead_letter_queue
WHERE run_id = $1
ORDER BY died_at DESC, dead_letter_id DESC
LIMIT $2
