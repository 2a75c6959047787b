-- By the index over the run and the time.
SELECT dead_letter_id, doc_id, source_name, error_class, error_message, retry_count,
       (extract(epoch FROM died_at) * 1000)::bigint
FROM dead_letter_queue
WHERE run_id = $1
ORDER BY died_at DESC
LIMIT $2
