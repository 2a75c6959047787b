-- Documents are claimed in order, so that those in hand longest lie at the front of the queue: up to 2000 entries behind
-- each floor are looked at, and never all that wait.
WITH front AS (
    (SELECT doc_id, source_name, worker_id, attempt, claimed_at, size_bytes, status FROM document_queue
     WHERE run_id = $1 AND priority = 2 AND position >
         coalesce((SELECT high_floor FROM document_queue_runs WHERE run_id = $1), 0)
     ORDER BY position LIMIT 2000)
    UNION ALL
    (SELECT doc_id, source_name, worker_id, attempt, claimed_at, size_bytes, status FROM document_queue
     WHERE run_id = $1 AND priority = 1 AND position >
         coalesce((SELECT normal_floor FROM document_queue_runs WHERE run_id = $1), 0)
     ORDER BY position LIMIT 2000)
    UNION ALL
    (SELECT doc_id, source_name, worker_id, attempt, claimed_at, size_bytes, status FROM document_queue
     WHERE run_id = $1 AND priority = 0 AND position >
         coalesce((SELECT low_floor FROM document_queue_runs WHERE run_id = $1), 0)
     ORDER BY position LIMIT 2000)
)
SELECT doc_id, source_name, coalesce(worker_id, '') AS worker_id, attempt,
       extract(epoch FROM now() - claimed_at)::double precision AS claimed_ago, size_bytes
FROM front
WHERE status = 'processing' AND claimed_at IS NOT NULL
ORDER BY claimed_at
LIMIT $2
