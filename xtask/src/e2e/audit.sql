-- An append-only record of what happens, written by triggers in the
-- transactions that make it happen. Only tests install it.
CREATE TABLE audit_events (
    event_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    xid         bigint      NOT NULL DEFAULT txid_current(),
    kind        text        NOT NULL,
    run_id      text,
    doc_id      text,
    queue_id    bigint,
    attempt     integer,
    worker_id   text,
    retry_count integer,
    epoch       bigint,
    detail      text        NOT NULL DEFAULT ''
);

CREATE FUNCTION audit_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_events (kind, run_id, doc_id, queue_id) VALUES ('enqueued', NEW.run_id, NEW.doc_id, NEW.queue_id);
    ELSIF TG_OP = 'UPDATE' THEN
        IF OLD.status = 'retry' AND NEW.status <> 'retry' THEN
            INSERT INTO audit_events (kind, run_id, doc_id, queue_id) VALUES ('promoted', NEW.run_id, NEW.doc_id, NEW.queue_id);
        END IF;
        IF OLD.status <> 'processing' AND NEW.status = 'processing' THEN
            INSERT INTO audit_events (kind, run_id, doc_id, queue_id, attempt, worker_id)
            VALUES ('claimed', NEW.run_id, NEW.doc_id, NEW.queue_id, NEW.attempt, NEW.worker_id);
        ELSIF OLD.status = 'processing' AND NEW.status = 'pending' THEN
            INSERT INTO audit_events (kind, run_id, doc_id, queue_id, attempt, worker_id, detail)
            VALUES ('returned', NEW.run_id, NEW.doc_id, NEW.queue_id, OLD.attempt, OLD.worker_id,
                    CASE WHEN NEW.abandoned_count > OLD.abandoned_count THEN 'reclaim ' || NEW.abandoned_count ELSE 'release' END);
        ELSIF OLD.status = 'processing' AND NEW.status = 'retry' THEN
            INSERT INTO audit_events (kind, run_id, doc_id, queue_id, attempt, worker_id, retry_count)
            VALUES ('retried', NEW.run_id, NEW.doc_id, NEW.queue_id, OLD.attempt, OLD.worker_id, NEW.retry_count);
        END IF;
    ELSIF OLD.status = 'processing' THEN
        -- Not the death of a document, which is recorded with its dead letter.
        IF NOT EXISTS (SELECT 1 FROM dead_letter_queue d
                       WHERE d.run_id = OLD.run_id AND d.doc_key = OLD.doc_key AND d.died_at = now()) THEN
            INSERT INTO audit_events (kind, run_id, doc_id, queue_id, attempt, worker_id)
            VALUES ('completed', OLD.run_id, OLD.doc_id, OLD.queue_id, OLD.attempt, OLD.worker_id);
        END IF;
    ELSE
        -- A row that its own transaction withdraws was never there.
        DELETE FROM audit_events WHERE kind = 'enqueued' AND queue_id = OLD.queue_id AND xid = txid_current();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_queue AFTER INSERT OR UPDATE OR DELETE ON document_queue FOR EACH ROW EXECUTE FUNCTION audit_queue();

CREATE FUNCTION audit_dead_letters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_events (kind, run_id, doc_id, retry_count, detail)
    VALUES ('dead', NEW.run_id, NEW.doc_id, NEW.retry_count, jsonb_array_length(NEW.attempts)::text);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_dead_letters AFTER INSERT OR UPDATE ON dead_letter_queue
    FOR EACH ROW EXECUTE FUNCTION audit_dead_letters();

CREATE FUNCTION audit_documents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_events (kind, run_id, doc_id) VALUES ('stored', NEW.stored_by_run, NEW.doc_id);
    ELSIF NEW.stored_at IS DISTINCT FROM OLD.stored_at THEN
        INSERT INTO audit_events (kind, run_id, doc_id) VALUES ('stored', NEW.stored_by_run, NEW.doc_id);
    ELSIF NEW.seen_by_run <> OLD.seen_by_run THEN
        INSERT INTO audit_events (kind, run_id, doc_id) VALUES ('seen', NEW.seen_by_run, NEW.doc_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_documents AFTER INSERT OR UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION audit_documents();

CREATE FUNCTION audit_leases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_events (kind, worker_id, epoch) VALUES ('lease', NEW.holder, NEW.epoch);
    ELSIF NEW.epoch <> OLD.epoch THEN
        INSERT INTO audit_events (kind, worker_id, epoch) VALUES ('lease', NEW.holder, NEW.epoch);
    ELSIF NEW.expires_at < OLD.expires_at THEN
        INSERT INTO audit_events (kind, worker_id, epoch) VALUES ('resigned', NEW.holder, NEW.epoch);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_leases AFTER INSERT OR UPDATE ON leases FOR EACH ROW EXECUTE FUNCTION audit_leases();

CREATE FUNCTION audit_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status THEN
        INSERT INTO audit_events (kind, run_id, epoch, detail)
        VALUES ('leader_write', NEW.run_id, NEW.leader_epoch, 'run_status ' || NEW.status);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_runs AFTER UPDATE ON processing_runs FOR EACH ROW EXECUTE FUNCTION audit_runs();

CREATE FUNCTION audit_listings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.cursor IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.cursor IS DISTINCT FROM OLD.cursor) THEN
        INSERT INTO audit_events (kind, run_id, epoch, detail)
        VALUES ('leader_write', NEW.run_id, NEW.leader_epoch, 'discovery ' || NEW.source_name || ' ' || NEW.cursor);
    END IF;
    IF NEW.finished_at IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.finished_at IS NULL) THEN
        INSERT INTO audit_events (kind, run_id, epoch, detail)
        VALUES ('leader_write', NEW.run_id, NEW.leader_epoch, 'listing_finished ' || NEW.source_name);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_listings AFTER INSERT OR UPDATE ON discovery_cursors FOR EACH ROW EXECUTE FUNCTION audit_listings();
