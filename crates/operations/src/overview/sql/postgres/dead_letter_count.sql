-- In the order of the index over the run and the time, so that it is the index that is walked, and no further than $2.
SELECT count(*) FROM (SELECT 1 FROM dead_letter_queue WHERE run_id = $1 ORDER BY died_at LIMIT $2) AS counted
