-- The claims among these that are current, held on to until the transaction ends.
SELECT q.queue_id, q.attempt, q.retry_count
FROM document_queue q
JOIN unnest($1::bigint[], $2::integer[]) AS fence (queue_id, attempt)
  ON q.queue_id = fence.queue_id AND q.attempt = fence.attempt
WHERE q.status = 'processing'
ORDER BY q.queue_id
FOR UPDATE OF q
