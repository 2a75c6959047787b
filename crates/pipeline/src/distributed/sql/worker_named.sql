SELECT host, process_id FROM workers WHERE worker_id = $1
