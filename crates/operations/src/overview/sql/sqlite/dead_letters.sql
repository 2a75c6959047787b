-- By number, over the latest ones of all runs; how many of those are looked at is bounded.
SELECT dead_letter_id, doc_id, source_name, error_class, error_message, retry_count, died_at
FROM dead_letter_queue
WHERE run_id = ?1 AND dead_letter_id > (SELECT coalesce(max(dead_letter_id), 0) - 20000 FROM dead_letter_queue)
ORDER BY dead_letter_id DESC
LIMIT ?2
