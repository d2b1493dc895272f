"""What other systems call the stages of a lead, in their columns and in the values of these."""

from leads.models import State

CUSTOMER = "customer"
LADDER = (State.MQL, State.SAL, State.SQL, State.OPPORTUNITY)
_LONG = {
    State.MQL: ("marketing_qualified_lead", "marketingqualifiedlead", "marketing_qualified", "mql"),
    State.SAL: ("sales_accepted_lead", "salesacceptedlead", "sales_accepted", "sal"),
    State.SQL: ("sales_qualified_lead", "salesqualifiedlead", "sales_qualified", "sql"),
    State.OPPORTUNITY: ("opportunity", "opp"),
}


def _dates_of(name: str) -> tuple[str, ...]:
    """How exports head the moment at which a lead became this."""
    return (
        *(f"became_a_{name}_date", f"became_an_{name}_date", f"became_{name}_date", f"became_{name}_at"),
        *(
            f"{name}_date",
            f"{name}_at",
            f"{name}_on",
            f"{name}_since",
            f"date_{name}",
            f"{name}_time",
            f"{name}_timestamp",
        ),
        *(f"date_entered_{name}", f"date_entered_{name}_(lifecycle_stage_pipeline)", f"entered_{name}_at"),
        *(f"hs_lifecyclestage_{name}_date", f"datum_{name}", f"{name}_datum", f"{name}_am", f"{name}_seit"),
        *(
            f"datum_der_umwandlung_in_{name}",
            f"datum_des_wechsels_zu_{name}",
            f"wurde_zu_{name}_am",
            f"wurde_{name}_am",
        ),
        *(f"date_de_passage_en_{name}", f"fecha_de_{name}", f"fecha_{name}", f"data_{name}", f"date_de_{name}"),
    )


def _moments_of(stage: str) -> tuple[str, ...]:
    return tuple(spelled for name in _LONG[State(stage)] for spelled in _dates_of(name))


DATES = {
    "mql_at": (*_moments_of(State.MQL), "marketing-qualifiziert_am", "marketing_qualifiziert_am", "promoted_at"),
    "sal_at": (*_moments_of(State.SAL), "accepted_at", "accepted_date", "date_accepted", "vom_vertrieb_akzeptiert_am"),
    "sql_at": (
        *_moments_of(State.SQL),
        *("qualified_at", "qualified_date", "qualification_date", "date_qualified", "qualifiziert_am"),
        *("vertriebsqualifiziert_am", "qualifizierungsdatum", "fecha_de_calificación", "date_de_qualification"),
    ),
    "opportunity_at": (*_moments_of(State.OPPORTUNITY), "opportunity_created_at", "verkaufschance_seit"),
    "converted_at": ("converted_date", "date_converted", "konvertiert_am", "konvertierungsdatum"),
    "customer_at": (*_dates_of("customer"), "customer_since", "wurde_kunde_am", "kunde_seit", "datum_kunde"),
}
"""The columns of stage dates; `converted_at` is Salesforce's, whose conversion makes an opportunity or none."""
COLUMNS = {
    "stage": (
        *("lifecycle_stage", "lifecyclestage", "lead_lifecycle_stage", "funnel_stage", "lead_stage", "lifecycle"),
        *(
            "lifecycle-phase",
            "lebenszyklusphase",
            "lebenszyklus-phase",
            "phase_du_cycle_de_vie",
            "fase_del_ciclo_di_vita",
        ),
        *("etapa_del_ciclo_de_vida", "etapa_do_ciclo_de_vida", "levenscyclusfase", "etap_cyklu_życia", "livscykelfas"),
    ),
    "lead_status": (
        *("lead_state", "hs_lead_status", "contact_status", "lead-status", "leadstatus", "statut_du_lead"),
        *("estado_del_lead", "stato_lead", "stato_del_lead", "status_do_lead", "status_leada"),
    ),
    "status": (),
}

_RAW = (
    *(
        "subscriber",
        "lead",
        "created",
        "leadcreated",
        "captured",
        "new",
        "raw",
        "open",
        "opennotcontacted",
        "newlead",
        "inquiry",
        "enquiry",
        "suspect",
    ),
    *("prospect", "nurture", "nurturing", "unassigned", "notcontacted", "neu", "offen", "interessent", "recycled"),
    *("abonnent", "abonné", "suscriptor", "nouveau", "nuevo", "nuovo", "novo", "nieuw"),
)
_DEAD = (
    *("rejected", "disqualified", "unqualified", "notqualified", "closednotconverted", "junk", "junklead", "dead"),
    *("deadlead", "lost", "lostlead", "closedlost", "nichtqualifiziert", "disqualifiziert", "abgelehnt"),
    *("verloren", "nonqualifié", "disqualifié", "perdido", "descartado", "perso", "scartato", "invalid", "spam"),
)
_STAGES: dict[str, str] = {
    **dict.fromkeys(_RAW, State.RAW.value),
    **dict.fromkeys(_DEAD, State.REJECTED.value),
    **dict.fromkeys(("accepted", "working", "workingcontacted", "akzeptiert"), State.SAL.value),
    **dict.fromkeys(("qualified", "qualifiziert", "vertriebsqualifiziert"), State.SQL.value),
    **dict.fromkeys(("marketingqualifiziert", "marketingqualifizierterlead"), State.MQL.value),
    **dict.fromkeys(("vertriebsqualifizierterlead", "salesqualifizierterlead"), State.SQL.value),
    **dict.fromkeys(
        ("opendeal", "closedconverted", "converted", "verkaufschance", "opportunité", "oportunidad", "opportunità"),
        State.OPPORTUNITY.value,
    ),
    **dict.fromkeys(
        ("customer", "won", "closedwon", "evangelist", "kunde", "client", "cliente", "gewonnen", "klant", "klient"),
        CUSTOMER,
    ),
    **{key.replace("_", ""): stage.value for stage, names in _LONG.items() for key in names},
}


def stage_of(text: str) -> str:
    """The state that a word names, “customer” for a won deal; empty for a word that is not mapped."""
    return _STAGES.get("".join(filter(str.isalnum, text.casefold())), "")
