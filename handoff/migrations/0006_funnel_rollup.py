"""Keep the figures of the funnel ready: what changes them appends a delta, by triggers that no writer can forget."""

from django.db import migrations, models

# What each lead adds to the funnel: its stages, and on a row of its own the amount that was won with it. This is the
# one definition: the triggers, the check and the periods that cut a month all read it.
VIEW = """
CREATE VIEW handoff_funnelshare AS
SELECT lead.id AS lead_id, lead.created_at, lead.merged_into_id IS NULL AS counts,
    date_trunc('month', lead.created_at AT TIME ZONE 'UTC')::date AS month,
    COALESCE(lead.campaign_id, 0) AS campaign_id, lead.source, ''::varchar AS currency, 1 AS leads,
    reached.mql, reached.sal, reached.sql, reached.opportunity,
    EXISTS (SELECT FROM leads_opportunity WHERE lead_id = lead.id AND state = 'won')::int AS won,
    0 AS priced, 0::numeric AS amount
FROM leads_lead lead, LATERAL (
    SELECT COALESCE(max((to_state = 'mql')::int), 0) AS mql, COALESCE(max((to_state = 'sal')::int), 0) AS sal,
        COALESCE(max((to_state = 'sql')::int), 0) AS sql,
        COALESCE(max((to_state = 'opportunity')::int), 0) AS opportunity
    FROM leads_transition WHERE lead_id = lead.id AND from_state <> to_state
) reached
UNION ALL
SELECT lead.id, lead.created_at, lead.merged_into_id IS NULL,
    date_trunc('month', lead.created_at AT TIME ZONE 'UTC')::date,
    COALESCE(lead.campaign_id, 0), lead.source, deal.currency, 0, 0, 0, 0, 0, 0, 1, deal.amount
FROM leads_lead lead JOIN leads_opportunity deal ON deal.lead_id = lead.id
WHERE deal.state = 'won' AND deal.amount IS NOT NULL;
"""

# A lead is captured, is moved to another campaign, source or month, is merged away, or is deleted before it had a life.
LEAD = """
CREATE FUNCTION handoff_funnel_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.merged_into_id IS NULL THEN
        INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
            leads, mql, sal, sql, opportunity, won, priced, amount)
        SELECT date_trunc('month', OLD.created_at AT TIME ZONE 'UTC'), COALESCE(OLD.campaign_id, 0), OLD.source,
            currency, -leads, -mql, -sal, -sql, -opportunity, -won, -priced, -amount
        FROM handoff_funnelshare WHERE lead_id = OLD.id;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.merged_into_id IS NULL THEN
        INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
            leads, mql, sal, sql, opportunity, won, priced, amount)
        SELECT month, campaign_id, source, currency, leads, mql, sal, sql, opportunity, won, priced, amount
        FROM handoff_funnelshare WHERE lead_id = NEW.id;
    END IF;
    IF TG_OP = 'INSERT' AND NEW.merged_into_id IS NULL THEN
        PERFORM handoff_funnel_add(NEW, 1, '');
    END IF;
    IF TG_OP = 'DELETE' AND OLD.merged_into_id IS NULL THEN
        PERFORM handoff_funnel_add(OLD, -1, '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER handoff_funnel_captured AFTER INSERT OR DELETE ON leads_lead
    FOR EACH ROW EXECUTE FUNCTION handoff_funnel_lead();
CREATE TRIGGER handoff_funnel_moved AFTER UPDATE OF campaign_id, source, created_at, merged_into_id ON leads_lead
    FOR EACH ROW WHEN ((OLD.campaign_id, OLD.source, OLD.created_at, OLD.merged_into_id)
        IS DISTINCT FROM (NEW.campaign_id, NEW.source, NEW.created_at, NEW.merged_into_id))
    EXECUTE FUNCTION handoff_funnel_lead();
"""

# One row of what a lead adds or takes away: itself, a stage, a deal won, or the amount of it.
ADD = """
CREATE FUNCTION handoff_funnel_add(lead leads_lead, leads int, stage text, won int DEFAULT 0,
    currency text DEFAULT '', priced int DEFAULT 0, amount numeric DEFAULT 0) RETURNS void LANGUAGE sql AS $$
    INSERT INTO handoff_funneldelta (month, campaign_id, source, currency,
        leads, mql, sal, sql, opportunity, won, priced, amount)
    VALUES (date_trunc('month', lead.created_at AT TIME ZONE 'UTC'), COALESCE(lead.campaign_id, 0), lead.source,
        currency, leads, (stage = 'mql')::int, (stage = 'sal')::int, (stage = 'sql')::int,
        (stage = 'opportunity')::int, won, priced, amount);
$$;
"""

# A move brings a lead to a stage for the first time. Before the insert, and under the lead's lock that the verb holds
# already, so that of two moves to one stage the second sees the first, also within one statement.
MOVE = """
CREATE FUNCTION handoff_funnel_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE lead leads_lead;
BEGIN
    SELECT * INTO lead FROM leads_lead WHERE id = NEW.lead_id FOR NO KEY UPDATE;
    IF lead.id IS NOT NULL AND lead.merged_into_id IS NULL AND NOT EXISTS (
        SELECT FROM leads_transition
        WHERE lead_id = NEW.lead_id AND to_state = NEW.to_state AND from_state <> to_state
    ) THEN
        PERFORM handoff_funnel_add(lead, 0, NEW.to_state);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER handoff_funnel_reached BEFORE INSERT ON leads_transition
    FOR EACH ROW WHEN (NEW.from_state <> NEW.to_state AND NEW.to_state IN ('mql', 'sal', 'sql', 'opportunity'))
    EXECUTE FUNCTION handoff_funnel_move();
"""

# A deal is won, is lost after all, or its amount is corrected.
DEAL = """
CREATE FUNCTION handoff_funnel_deal_adds(deal leads_opportunity, sign int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE lead leads_lead;
BEGIN
    SELECT * INTO lead FROM leads_lead WHERE id = deal.lead_id FOR NO KEY UPDATE;
    IF deal.state = 'won' AND lead.merged_into_id IS NULL THEN
        PERFORM handoff_funnel_add(lead, 0, '', sign);
        IF deal.amount IS NOT NULL THEN
            PERFORM handoff_funnel_add(lead, 0, '', 0, deal.currency, sign, sign * deal.amount);
        END IF;
    END IF;
END $$;
CREATE FUNCTION handoff_funnel_deal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM handoff_funnel_deal_adds(OLD, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM handoff_funnel_deal_adds(NEW, 1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER handoff_funnel_deal AFTER INSERT OR UPDATE OR DELETE ON leads_opportunity
    FOR EACH ROW EXECUTE FUNCTION handoff_funnel_deal();
"""

# What was there before. The triggers above keep writers out until this is committed.
FILL = """
INSERT INTO handoff_funnelcount (month, campaign_id, source, currency,
    leads, mql, sal, sql, opportunity, won, priced, amount)
SELECT month, campaign_id, source, currency, sum(leads), sum(mql), sum(sal), sum(sql), sum(opportunity), sum(won),
    sum(priced), sum(amount)
FROM handoff_funnelshare WHERE counts
GROUP BY month, campaign_id, source, currency;
"""
DROP = """
DROP TRIGGER handoff_funnel_captured ON leads_lead;
DROP TRIGGER handoff_funnel_moved ON leads_lead;
DROP TRIGGER handoff_funnel_reached ON leads_transition;
DROP TRIGGER handoff_funnel_deal ON leads_opportunity;
DROP FUNCTION handoff_funnel_lead, handoff_funnel_move, handoff_funnel_deal, handoff_funnel_deal_adds,
    handoff_funnel_add;
DROP VIEW handoff_funnelshare;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("handoff", "0005_indexes_that_pay"),
        ("leads", "0005_pauses_absences_and_quiet_hours"),
    ]

    operations = [
        migrations.CreateModel(
            name="FunnelDelta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("campaign_id", models.BigIntegerField()),
                ("source", models.CharField(blank=True, max_length=80)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("leads", models.IntegerField()),
                ("mql", models.IntegerField()),
                ("sal", models.IntegerField()),
                ("sql", models.IntegerField()),
                ("opportunity", models.IntegerField()),
                ("won", models.IntegerField()),
                ("priced", models.IntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=20)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FunnelCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("campaign_id", models.BigIntegerField()),
                ("source", models.CharField(blank=True, max_length=80)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("leads", models.IntegerField()),
                ("mql", models.IntegerField()),
                ("sal", models.IntegerField()),
                ("sql", models.IntegerField()),
                ("opportunity", models.IntegerField()),
                ("won", models.IntegerField()),
                ("priced", models.IntegerField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=20)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "campaign_id", "source", "currency"), name="funnel_count_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(VIEW + ADD + LEAD + MOVE + DEAL + FILL, DROP),
    ]
