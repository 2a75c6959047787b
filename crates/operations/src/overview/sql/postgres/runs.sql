-- The latest $2 runs, or the run $1. There is a row a run, so that they are read as a whole; counts go by primary keys.
SELECT r.run_id, r.fingerprint, r.generation, r.status, coalesce(q.state, 'open') AS queue_state,
       (extract(epoch FROM r.created_at) * 1000)::bigint AS started_at,
       (extract(epoch FROM r.completed_at) * 1000)::bigint AS ended_at,
       extract(epoch FROM coalesce(r.completed_at, now()) - r.created_at)::double precision AS duration,
       c.stored, c.unchanged, c.skipped, c.failed, p.queued
FROM (
    SELECT run_id, fingerprint, generation, status, created_at, completed_at
    FROM processing_runs
    WHERE $1::text IS NULL OR run_id = $1
    ORDER BY created_at DESC, generation DESC, run_id
    LIMIT $2
) AS r
LEFT JOIN document_queue_runs q ON q.run_id = r.run_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(documents) FILTER (WHERE outcome = 'stored'), 0)::bigint AS stored,
           coalesce(sum(documents) FILTER (WHERE outcome = 'unchanged'), 0)::bigint AS unchanged,
           coalesce(sum(documents) FILTER (WHERE outcome = 'skipped'), 0)::bigint AS skipped,
           coalesce(sum(documents) FILTER (WHERE outcome = 'failed'), 0)::bigint AS failed
    FROM run_counters WHERE run_id = r.run_id
) AS c
CROSS JOIN LATERAL (
    SELECT greatest(coalesce(sum(enqueued) - sum(ended), 0), 0)::bigint AS queued
    FROM run_progress WHERE run_id = r.run_id
) AS p
ORDER BY r.created_at DESC, r.generation DESC, r.run_id
