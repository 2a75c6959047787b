DELETE FROM dead_letter_queue WHERE dead_letter_id IN (
    SELECT letter.dead_letter_id
    FROM dead_letter_queue letter
