    GROUP BY letter.run_id
) AS counted
LEFT JOIN processing_runs run ON run.run_id = counted.run_id
ORDER BY counted.run_id
