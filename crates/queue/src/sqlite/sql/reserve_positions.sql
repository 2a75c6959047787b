UPDATE document_queue_positions SET last = last + ?1 RETURNING last
