  AND NOT EXISTS (
      SELECT 1 FROM processing_runs run
      WHERE run.run_id = letter.run_id AND run.status IN ('active', 'processing_complete', 'post_processing'))
