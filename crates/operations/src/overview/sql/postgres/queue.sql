-- Nobody counts the queue: its size is a difference of sums, what is in hand the workers told with their heartbeats, and
-- what waits for another try is counted by an index, up to $2. Who waits longest is among those next in line: up to 2000
-- behind each mark are looked at.
SELECT coalesce(progress.ended, 0)::bigint AS ended,
       greatest(coalesce(progress.enqueued - progress.ended, 0), 0)::bigint AS queued,
       (SELECT coalesce(sum(in_hand), 0)::bigint FROM workers WHERE run_id = $1 AND status = 'active') AS in_hand,
       (SELECT count(*) FROM workers WHERE run_id = $1 AND status = 'active') AS live_workers,
       (SELECT count(*) FROM (
            SELECT 1 FROM document_queue
            WHERE run_id = $1 AND scheduled_for IS NOT NULL ORDER BY scheduled_for LIMIT $2
        ) AS waiting) AS retry,
       extract(epoch FROM now() - least(
           (SELECT min(created_at) FROM (
                SELECT created_at, status FROM document_queue
                WHERE run_id = $1 AND priority = 2 AND position >
                    coalesce((SELECT high_mark FROM document_queue_runs WHERE run_id = $1), 0)
                ORDER BY position LIMIT 2000) AS high WHERE status = 'pending'),
           (SELECT min(created_at) FROM (
                SELECT created_at, status FROM document_queue
                WHERE run_id = $1 AND priority = 1 AND position >
                    coalesce((SELECT normal_mark FROM document_queue_runs WHERE run_id = $1), 0)
                ORDER BY position LIMIT 2000) AS normal WHERE status = 'pending'),
           (SELECT min(created_at) FROM (
                SELECT created_at, status FROM document_queue
                WHERE run_id = $1 AND priority = 0 AND position >
                    coalesce((SELECT low_mark FROM document_queue_runs WHERE run_id = $1), 0)
                ORDER BY position LIMIT 2000) AS low WHERE status = 'pending')
       ))::double precision AS oldest_pending
FROM (SELECT sum(enqueued) AS enqueued, sum(ended) AS ended FROM run_progress WHERE run_id = $1) AS progress
