UPDATE workers SET status = 'stopped', in_hand = 0, last_heartbeat = now() WHERE worker_id = $1 AND instance_id = $2
