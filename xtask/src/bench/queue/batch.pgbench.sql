-- The measure: the plainest queue that works in batches. It claims 100 rows by
-- UPDATE and deletes them by id and attempt, one transaction each.
WITH claimable AS MATERIALIZED (
    SELECT id FROM bench_baseline WHERE status = 0 ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE bench_baseline q SET status = 1, attempt = attempt + 1, worker = 'pgbench', claimed_at = now()
    FROM claimable WHERE q.id = claimable.id
    RETURNING q.id, q.attempt
)
SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(array_agg(attempt), '{}') AS attempts FROM claimed
\gset
DELETE FROM bench_baseline q
USING unnest(':ids'::bigint[], ':attempts'::integer[]) AS done (id, attempt)
WHERE q.id = done.id AND q.attempt = done.attempt;
