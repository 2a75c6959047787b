-- How the worker $1 and the run $2 are at this minute, for whoever wants to know rates. $3 fingerprint of the run's work,
-- $4 version, $5 documents in hand, $6 bytes of memory or NULL. All sums go by primary keys, over a row or a few a worker.
WITH this AS MATERIALIZED (
    SELECT floor(extract(epoch FROM now()) / 60)::bigint AS minute
),
worker AS (
    INSERT INTO worker_samples (minute, worker_id, run_id, sampled_at, version, in_hand, ended, failed, bytes, memory_bytes)
    SELECT this.minute, $1, $2, now(), $4, $5,
           coalesce((SELECT ended FROM run_progress WHERE run_id = $2 AND worker_id = $1), 0),
           done.failed, done.bytes, $6
    FROM this, (
        SELECT coalesce(sum(documents) FILTER (WHERE outcome = 'failed'), 0)::bigint AS failed,
               coalesce(sum(bytes), 0)::bigint AS bytes
        FROM run_counters WHERE run_id = $2 AND worker_id = $1
    ) AS done
    ON CONFLICT DO NOTHING
),
run AS (
    INSERT INTO run_samples (run_id, minute, sampled_at, queued, ended, failed, listed, leader_epoch)
    SELECT $2, this.minute, now(), progress.queued, progress.ended,
           coalesce((SELECT sum(documents) FROM run_counters WHERE run_id = $2 AND outcome = 'failed'), 0),
           coalesce((SELECT sum(listed) FROM discovery_cursors WHERE run_id = $2), 0),
           (SELECT epoch FROM leases WHERE name = $3)
    FROM this, (
        SELECT coalesce(sum(enqueued) - sum(ended), 0)::bigint AS queued, coalesce(sum(ended), 0)::bigint AS ended
        FROM run_progress WHERE run_id = $2
    ) AS progress
    -- whoever comes first in a minute counts for all
    WHERE NOT EXISTS (SELECT FROM run_samples s WHERE s.run_id = $2 AND s.minute = this.minute)
    ON CONFLICT DO NOTHING
),
old_of_workers AS (
    -- another worker may be removing the same: nobody waits for that
    SELECT minute, worker_id FROM worker_samples
    WHERE minute < (SELECT minute - 20 FROM this)
    LIMIT 500
    FOR UPDATE SKIP LOCKED
),
without_old_of_workers AS (
    DELETE FROM worker_samples s USING old_of_workers o WHERE s.minute = o.minute AND s.worker_id = o.worker_id
),
old_of_run AS (
    SELECT minute FROM run_samples
    WHERE run_id = $2 AND minute < (SELECT minute - 120 FROM this)
    FOR UPDATE SKIP LOCKED
)
DELETE FROM run_samples s USING old_of_run o WHERE s.run_id = $2 AND s.minute = o.minute
