-- Stations: where an organization receives needs and volunteers.

CREATE TABLE registry.station (
    station_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES registry.organization,
    kind text NOT NULL,
    plaque text NOT NULL,
    host text NOT NULL,
    head text NOT NULL,
    region volunteer.region_code NOT NULL REFERENCES registry.region,
    opened_on date NOT NULL,
    closed_on date,
    status text NOT NULL DEFAULT 'open',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by name NOT NULL DEFAULT session_user,
    CONSTRAINT station_has_plaque CHECK (char_length(plaque) BETWEEN 2 AND 100 AND plaque IS NFC NORMALIZED),
    CONSTRAINT station_has_host CHECK (char_length(host) BETWEEN 2 AND 100 AND host IS NFC NORMALIZED),
    CONSTRAINT station_status CHECK (status IN ('open', 'closed')),
    CONSTRAINT opened_by_today CHECK (opened_on <= (created_at AT TIME ZONE 'Asia/Shanghai')::date AND isfinite(opened_on)),
    CONSTRAINT closed_after_opened CHECK ((status = 'closed') = (closed_on IS NOT NULL) AND closed_on >= opened_on)
);
CREATE UNIQUE INDEX one_plaque_in_a_region ON registry.station (region, plaque) WHERE status = 'open';
CREATE INDEX station_organization ON registry.station (organization_id);
COMMENT ON TABLE registry.station IS '志愿服务站点';
COMMENT ON COLUMN registry.station.station_id IS '站点编号';
COMMENT ON COLUMN registry.station.organization_id IS '管理站点的组织';
COMMENT ON COLUMN registry.station.kind IS '站点类型(代码集 station_kind)';
COMMENT ON COLUMN registry.station.plaque IS '挂牌名称;同一区划内不重复';
COMMENT ON COLUMN registry.station.host IS '依托单位';
COMMENT ON COLUMN registry.station.head IS '站长姓名;社区站由居委会主要负责人担任';
COMMENT ON COLUMN registry.station.region IS '所在区划';
COMMENT ON COLUMN registry.station.opened_on IS '启用日期';
COMMENT ON COLUMN registry.station.closed_on IS '停用日期';
COMMENT ON COLUMN registry.station.status IS '状态:open 启用,closed 停用';
COMMENT ON COLUMN registry.station.created_at IS '录入时间';
COMMENT ON COLUMN registry.station.created_by IS '录入人(数据库角色)';

CREATE TABLE registry.station_event (
    station_id bigint NOT NULL REFERENCES registry.station,
    LIKE registry.event INCLUDING ALL,
    PRIMARY KEY (station_id, event_id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.station_event
    FOR EACH STATEMENT EXECUTE FUNCTION registry.append_only();
COMMENT ON TABLE registry.station_event IS '站点状态变更记录,只追加';
COMMENT ON COLUMN registry.station_event.station_id IS '站点';

CREATE FUNCTION registry.open_station(
    organization_id bigint, kind text, plaque text, host text, head text, region text DEFAULT NULL, opened_on date DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject registry.organization;
    new_station bigint;
BEGIN
    PERFORM registry.require_duty('registrar', organization_id);
    subject := registry.require_active_organization(organization_id);
    PERFORM registry.require_code('station_kind', kind);
    INSERT INTO registry.station AS s (organization_id, kind, plaque, host, head, region, opened_on)
    VALUES (subject.organization_id, kind, registry.clean_text(plaque), registry.clean_text(host), registry.require_name(head),
        registry.require_region(coalesce(region, subject.region::text)), coalesce(opened_on, registry.today()))
    RETURNING s.station_id INTO new_station;
    INSERT INTO registry.station_event (station_id, to_status) VALUES (new_station, 'open');
    RETURN new_station;
END
$$;
COMMENT ON FUNCTION registry.open_station(bigint, text, text, text, text, text, date) IS
    '启用站点,返回站点编号。参数:管理组织、站点类型、挂牌名称、依托单位、站长姓名、所在区划(缺省为组织所在地)、启用日期(缺省今天)。错误 42501 not_staff、outside_scope,23503 known_organization、known_code、known_region,23505 one_plaque_in_a_region,23514 station_has_plaque、station_has_host、name_is_written、opened_by_today,55000 organization_active';

CREATE FUNCTION registry.require_open_station(station_id bigint) RETURNS registry.station
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    subject registry.station;
BEGIN
    SELECT s.* INTO subject FROM registry.station s WHERE s.station_id = require_open_station.station_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'foreign_key_violation',
            CONSTRAINT = 'known_station',
            MESSAGE = 'There is no such station.';
    END IF;
    IF subject.status <> 'open' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            CONSTRAINT = 'station_open',
            MESSAGE = 'The station is closed.';
    END IF;
    RETURN subject;
END
$$;
COMMENT ON FUNCTION registry.require_open_station(bigint) IS '锁定并返回启用的站点;错误 23503 known_station、55000 station_open';

CREATE FUNCTION registry.change_station_head(station_id bigint, head text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.station := registry.require_open_station(station_id);
BEGIN
    PERFORM registry.require_duty('registrar', subject.organization_id);
    UPDATE registry.station s SET head = registry.require_name(change_station_head.head)
    WHERE s.station_id = subject.station_id;
END
$$;
COMMENT ON FUNCTION registry.change_station_head(bigint, text) IS
    '更换站长;错误 42501 not_staff、outside_scope,23503 known_station,23514 name_is_written,55000 station_open';

CREATE FUNCTION registry.close_station(station_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, volunteer, pg_temp AS $$
DECLARE
    subject CONSTANT registry.station := registry.require_open_station(station_id);
BEGIN
    PERFORM registry.require_duty(
        registry.require_transition('station', subject.status, 'closed', reason), subject.organization_id);
    UPDATE registry.station s SET status = 'closed', closed_on = registry.today() WHERE s.station_id = subject.station_id;
    INSERT INTO registry.station_event (station_id, from_status, to_status, reason)
    VALUES (subject.station_id, subject.status, 'closed', registry.clean_text(reason));
END
$$;
COMMENT ON FUNCTION registry.close_station(bigint, text) IS
    '停用站点;错误 42501 not_staff、outside_scope,23503 known_station,23514 reason_required,55000 station_open';

GRANT EXECUTE ON FUNCTION registry.open_station(bigint, text, text, text, text, text, date) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.change_station_head(bigint, text) TO registry_registrar;
GRANT EXECUTE ON FUNCTION registry.close_station(bigint, text) TO registry_registrar;
GRANT SELECT ON registry.station_event TO registry_auditor;
