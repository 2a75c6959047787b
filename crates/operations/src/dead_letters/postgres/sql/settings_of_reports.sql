-- A report that looks at every row reads the table as it lies.
SELECT set_config('enable_seqscan', 'on', true)
