SELECT count(*) FROM (SELECT 1 FROM dead_letter_queue WHERE run_id = ?1 LIMIT ?2)
