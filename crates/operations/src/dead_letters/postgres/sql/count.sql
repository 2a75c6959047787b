SELECT count(*) FROM dead_letter_queue letter
