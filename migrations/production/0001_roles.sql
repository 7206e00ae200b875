-- Roles are shared by all databases of a cluster, so each is made only where it is missing.
-- Passwords are set by whoever provisions the cluster.
DO $$
DECLARE
  role_name text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kalshi_owner') THEN
    CREATE ROLE kalshi_owner NOLOGIN;
  END IF;
  FOREACH role_name IN ARRAY ARRAY['deduplicator', 'exporter', 'reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', role_name);
    END IF;
  END LOOP;
  IF NOT pg_has_role(current_user, 'kalshi_owner', 'MEMBER') THEN
    EXECUTE format('GRANT kalshi_owner TO %I', current_user);
  END IF;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE, USAGE ON SCHEMA public TO kalshi_owner;
GRANT USAGE ON SCHEMA public TO deduplicator, exporter, reader;
ALTER TABLE schema_migrations OWNER TO kalshi_owner;
GRANT SELECT ON schema_migrations TO deduplicator, exporter, reader;

-- Tables made later by the owner get the same rights: append-only by privilege.
ALTER DEFAULT PRIVILEGES FOR ROLE kalshi_owner IN SCHEMA public
  GRANT SELECT, INSERT ON TABLES TO deduplicator;
ALTER DEFAULT PRIVILEGES FOR ROLE kalshi_owner IN SCHEMA public
  GRANT SELECT ON TABLES TO exporter, reader;
ALTER DEFAULT PRIVILEGES FOR ROLE kalshi_owner
  REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
