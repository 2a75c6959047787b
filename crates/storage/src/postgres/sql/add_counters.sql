INSERT INTO run_counters AS c
    (run_id, worker_id, source_name, outcome, format,
     documents, elements, structural_relationships, explicit_relationships, bytes)
SELECT $1, $2, new.source_name, new.outcome, new.format, new.documents, new.elements, new.structural_relationships,
       new.explicit_relationships, new.bytes
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
    AS new (source_name, outcome, format, documents, elements, structural_relationships, explicit_relationships, bytes)
ON CONFLICT (run_id, worker_id, source_name, outcome, format) DO UPDATE SET
    documents = c.documents + excluded.documents,
    elements = c.elements + excluded.elements,
    structural_relationships = c.structural_relationships + excluded.structural_relationships,
    explicit_relationships = c.explicit_relationships + excluded.explicit_relationships,
    bytes = c.bytes + excluded.bytes
