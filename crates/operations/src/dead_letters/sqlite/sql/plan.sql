-- The runs of the letters, each with the latest generation after it.
SELECT counted.run_id, run.status, counted.letters, counted.last_id,
       (SELECT later.run_id FROM processing_runs later
        WHERE later.fingerprint = run.fingerprint AND later.generation > run.generation
        ORDER BY later.generation DESC LIMIT 1) AS followed_by
FROM (
    SELECT letter.run_id, count(*) AS letters, max(letter.dead_letter_id) AS last_id
    FROM dead_letter_queue letter
