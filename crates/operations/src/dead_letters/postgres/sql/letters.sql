SELECT letter.dead_letter_id, letter.run_id, letter.doc_id, letter.source_name, letter.locator, letter.link_depth,
       letter.priority, letter.etag, letter.modified_at, letter.size_bytes, coalesce(letter.format, 'unknown') AS format,
       letter.error_class, letter.error_message, coalesce(letter.fingerprint, '') AS fingerprint, letter.retry_count,
       letter.revived_count, letter.worker_id, (extract(epoch FROM letter.died_at) * 1000)::bigint AS died_at,
       letter.attempts::text AS attempts
FROM dead_letter_queue letter
