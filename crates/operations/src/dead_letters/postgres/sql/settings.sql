-- For this transaction: a plan for the filters that are given, not one for all; and batches are joined by hashing.
SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_hashjoin', 'on', true)
