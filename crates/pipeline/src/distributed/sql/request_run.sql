INSERT INTO run_requests AS asked (fingerprint, generation) VALUES ($1, $2)
ON CONFLICT (fingerprint) DO UPDATE SET generation = greatest(asked.generation, excluded.generation)
