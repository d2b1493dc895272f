"""Keep the figures of the attainment by campaign ready, as those of the funnel are (see 0006)."""

from django.db import migrations, models

# An eighth of an octave, and a second where times are short. It never falls as the seconds rise, and is strict, so that
# what has no time has no bucket.
BUCKET = """
CREATE FUNCTION handoff_bucket(seconds double precision) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(8 / ln(2::double precision) * ln(seconds + 10))::int
$$;
"""

# How the attainment counts each clock, and what that adds to the figures. These are the one definition: the triggers,
# the check and the repair all read them.
SHARE = """
CREATE FUNCTION handoff_clock_share(clock sla_clock)
RETURNS TABLE (outcome text, business double precision, wall double precision) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN clock.state = 'breached' AND clock.excused_by_id IS NOT NULL THEN 'excused' ELSE clock.state END,
        CASE WHEN clock.state IN ('met', 'breached') THEN date_part('epoch', clock.elapsed) END,
        CASE WHEN clock.state IN ('met', 'breached') THEN date_part('epoch', clock.stopped_at - clock.started_at) END
$$;
CREATE VIEW handoff_clockshare AS
SELECT clock.id AS clock_id, clock.metric, COALESCE(lead.campaign_id, 0) AS campaign_id, share.*
FROM sla_clock clock JOIN leads_lead lead ON lead.id = clock.lead_id, handoff_clock_share(clock) share;
"""
FIGURES = """
CREATE FUNCTION handoff_clock_figures(outcome text, business double precision, wall double precision)
RETURNS TABLE (figure text, bucket int) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT * FROM (VALUES
        (outcome, 0), ('business', handoff_bucket(business)), ('wall', handoff_bucket(wall)),
        ('untimed', CASE WHEN business IS NULL AND wall IS NOT NULL THEN 0 END)
    ) AS counted (figure, bucket) WHERE counted.bucket IS NOT NULL
$$;
"""

# A clock starts or ends, or what became of it changes: an excuse, a rebuilt history. The lead is locked, as the verb has
# done already, so that its campaign is still the same when this is committed.
CLOCK = """
CREATE FUNCTION handoff_attainment_clock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE campaign bigint;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        SELECT COALESCE(campaign_id, 0) INTO campaign FROM leads_lead WHERE id = NEW.lead_id FOR NO KEY UPDATE;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        WITH was AS (DELETE FROM handoff_countedclock WHERE clock_id = OLD.id RETURNING *)
        INSERT INTO handoff_attainmentdelta (metric, campaign_id, figure, bucket, n)
        SELECT metric, campaign_id, figure, bucket, -1 FROM was, handoff_clock_figures(outcome, business, wall);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        WITH is_now AS (
            INSERT INTO handoff_countedclock (clock_id, metric, campaign_id, outcome, business, wall)
            SELECT NEW.id, NEW.metric, campaign, share.* FROM handoff_clock_share(NEW) share RETURNING *
        )
        INSERT INTO handoff_attainmentdelta (metric, campaign_id, figure, bucket, n)
        SELECT metric, campaign_id, figure, bucket, 1 FROM is_now, handoff_clock_figures(outcome, business, wall);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER handoff_attainment_clock AFTER INSERT OR DELETE ON sla_clock
    FOR EACH ROW EXECUTE FUNCTION handoff_attainment_clock();
CREATE TRIGGER handoff_attainment_ended AFTER UPDATE ON sla_clock
    FOR EACH ROW WHEN (
        (OLD.lead_id, OLD.metric, OLD.state, OLD.started_at, OLD.stopped_at, OLD.elapsed, OLD.excused_by_id)
        IS DISTINCT FROM
        (NEW.lead_id, NEW.metric, NEW.state, NEW.started_at, NEW.stopped_at, NEW.elapsed, NEW.excused_by_id))
    EXECUTE FUNCTION handoff_attainment_clock();
"""
LEAD = """
CREATE FUNCTION handoff_attainment_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH moved AS (
        UPDATE handoff_countedclock SET campaign_id = COALESCE(NEW.campaign_id, 0)
        WHERE clock_id IN (SELECT id FROM sla_clock WHERE lead_id = NEW.id) RETURNING *
    )
    INSERT INTO handoff_attainmentdelta (metric, campaign_id, figure, bucket, n)
    SELECT metric, campaign.id, figure, bucket, campaign.n FROM moved, handoff_clock_figures(outcome, business, wall),
        (VALUES (COALESCE(OLD.campaign_id, 0), -1), (COALESCE(NEW.campaign_id, 0), 1)) campaign (id, n);
    RETURN NULL;
END $$;
CREATE TRIGGER handoff_attainment_moved AFTER UPDATE OF campaign_id ON leads_lead
    FOR EACH ROW WHEN (OLD.campaign_id IS DISTINCT FROM NEW.campaign_id)
    EXECUTE FUNCTION handoff_attainment_lead();
"""

# What was there before. The triggers keep writers out until this is committed.
FILL = """
INSERT INTO handoff_countedclock (clock_id, metric, campaign_id, outcome, business, wall)
SELECT clock_id, metric, campaign_id, outcome, business, wall FROM handoff_clockshare;
INSERT INTO handoff_attainmentcount (metric, campaign_id, figure, bucket, n)
SELECT metric, campaign_id, figure, bucket, count(*)
FROM handoff_countedclock, handoff_clock_figures(outcome, business, wall)
GROUP BY metric, campaign_id, figure, bucket;
"""
DROP = """
DROP TRIGGER handoff_attainment_clock ON sla_clock;
DROP TRIGGER handoff_attainment_ended ON sla_clock;
DROP TRIGGER handoff_attainment_moved ON leads_lead;
DROP VIEW handoff_clockshare;
DROP FUNCTION handoff_attainment_clock, handoff_attainment_lead, handoff_clock_figures, handoff_clock_share;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0006_funnel_rollup"),
        ("leads", "0006_rotation_and_benches"),
        ("sla", "0006_mark_policies_by_their_steps"),
    ]

    operations = [
        migrations.RunSQL(BUCKET, "DROP FUNCTION handoff_bucket"),
        migrations.CreateModel(
            name="AttainmentDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("metric", models.CharField(max_length=20)),
                ("campaign_id", models.BigIntegerField()),
                ("figure", models.CharField(db_collation="C", max_length=9)),
                ("bucket", models.IntegerField()),
                ("n", models.IntegerField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AttainmentCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("metric", models.CharField(max_length=20)),
                ("campaign_id", models.BigIntegerField()),
                ("figure", models.CharField(db_collation="C", max_length=9)),
                ("bucket", models.IntegerField()),
                ("n", models.IntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("metric", "campaign_id", "figure", "bucket"), name="attainment_count_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CountedClock",
            fields=[
                ("clock_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("metric", models.CharField(max_length=20)),
                ("campaign_id", models.BigIntegerField()),
                ("outcome", models.CharField(help_text="Running, met, breached, excused or cancelled.", max_length=9)),
                (
                    "business",
                    models.FloatField(help_text="Seconds, of those that were met or breached and timed.", null=True),
                ),
                ("wall", models.FloatField(help_text="Seconds, of those that were met or breached.", null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("metric"),
                        models.F("campaign_id"),
                        models.Func(models.F("business"), function="handoff_bucket"),
                        models.F("business"),
                        condition=models.Q(business__isnull=False),
                        name="counted_clock_business",
                    ),
                    models.Index(
                        models.F("metric"),
                        models.F("campaign_id"),
                        models.Func(models.F("wall"), function="handoff_bucket"),
                        models.F("wall"),
                        condition=models.Q(wall__isnull=False),
                        name="counted_clock_wall",
                    ),
                ],
            },
        ),
        migrations.RunSQL(SHARE + FIGURES + CLOCK + LEAD + FILL, DROP),
    ]
