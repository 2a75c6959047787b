-- Each count goes by the index of its state, and is made once a minute.
INSERT INTO run_samples (run_id, minute, sampled_at, queued, ended, failed, listed, leader_epoch)
SELECT ?1, unixepoch() / 60, CAST(unixepoch('subsec') * 1000 AS INTEGER),
       (SELECT count(*) FROM document_queue WHERE run_id = ?1 AND status = 'pending')
           + (SELECT count(*) FROM document_queue WHERE run_id = ?1 AND status = 'processing')
           + (SELECT count(*) FROM document_queue WHERE run_id = ?1 AND status = 'retry'),
       coalesce((SELECT sum(documents) FROM run_counters WHERE run_id = ?1 AND outcome <> 'unchanged'), 0),
       coalesce((SELECT sum(documents) FROM run_counters WHERE run_id = ?1 AND outcome = 'failed'), 0),
       coalesce((SELECT sum(listed) FROM discovery_cursors WHERE run_id = ?1), 0),
       NULL
WHERE NOT EXISTS (SELECT 1 FROM run_samples WHERE run_id = ?1 AND minute = unixepoch() / 60)
ON CONFLICT DO NOTHING
