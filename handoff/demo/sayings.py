"""What people say in the story: of a contact, of a rejection, to each other."""

from leads.models import Channel, Outcome

Contact = tuple[Channel, Outcome, str]

ATTEMPTS: tuple[Contact, ...] = (
    (Channel.CALL, Outcome.NO_ANSWER, ""),
    (Channel.CALL, Outcome.LEFT_MESSAGE, "Left a message with my number."),
    (Channel.EMAIL, Outcome.SENT, "Wrote again and offered two dates."),
    (Channel.SOCIAL, Outcome.SENT, "Sent a short note."),
)
CONVERSATIONS: tuple[Contact, ...] = (
    (Channel.CALL, Outcome.REACHED, "Ten minutes on the phone: they plan routes by hand and want to stop."),
    (Channel.CALL, Outcome.REACHED, "Asked about the warehouse in the second hall; wants figures."),
    (Channel.MEETING, Outcome.REACHED, "Showed the planner with two of their own routes."),
    (Channel.MEETING, Outcome.REACHED, "Met with the person who signs. Next step: an offer."),
    (Channel.EMAIL, Outcome.REACHED, "Answered within the hour, with questions about the interface."),
    (Channel.MESSAGE, Outcome.REACHED, "Prefers messages to calls; asked for the checklist."),
)
MEETINGS = CONVERSATIONS[2:4]
JOURNEY: tuple[tuple[str, str], ...] = (
    ("page_visit", "/pricing"),
    ("page_visit", "/route-planner"),
    ("page_visit", "/customers/lighthouse-dairy"),
    ("email_click", "Newsletter: five questions for your carrier"),
    ("download", "Checklist: the quiet warehouse"),
    ("webinar", "Watched 20 minutes of the recording"),
)
QUESTIONS = (
    "How long does it take until the first routes are planned?",
    "We have three warehouses and no IT department. Does that work?",
    "Can the drivers use it on their own phones?",
    "What does it cost for twelve vehicles?",
    "Our contract with the present tool ends in spring.",
    "Please call in the morning.",
)
REPLIES = ("Thank you, that helps. Tuesday is fine.", "Could you send the figures again?", "I have added my colleague.")
GROUNDS: dict[str, tuple[str, ...]] = {
    "not_our_customer": ("A hobby workshop of two people without a vehicle.", "Ships nothing: a consultancy."),
    "bad_contact_data": ("The number belongs to a bakery.", "The address bounces.", "Left that firm last year."),
    "duplicate": ("The same person as before, with another address.",),
    "existing_customer": ("They have been with us since last spring.", "There is an open deal with the parent firm."),
    "already_owned": ("Has been talking to my colleague for weeks.",),
    "no_need": ("No budget this year and nobody who would decide.", "Is content with paper."),
    "not_now": ("The warehouse is being moved; asked to be called after that.", "Contract runs until next season."),
    "unresponsive": ("Nothing after three attempts.",),
    "wrong_territory": ("Their office is on the other side of the ocean.", "Belongs to the other team."),
    "not_a_buyer": ("Writes a thesis about warehouses.", "Sells us something instead.", "Looks for a job."),
    "do_not_contact": ("Asked politely never to be called again.",),
    "packet_insufficient": ("What did they ask for? The form's question is missing.", "No word about fleet size."),
    "spam_or_test": ("“asdf asdf” and a link.", "A test of the form."),
    "other": ("The firm was dissolved last month, says the register.", "They want a partnership, not the product."),
}
ACKNOWLEDGEMENTS = ("Understood, thank you for the note.", "Taken into the next review of the campaign.", "Agreed.")
RETIREMENTS = ("Taken off all lists.", "Will not be promoted again.")
FIXES = ("Corrected after a look at the form; the question is in the packet now.", "Asked them for a new number.")
ARGUMENTS = (
    "They have eleven vans; I have checked. This is our customer profile.",
    "They answered our mail yesterday.",
)
DECISIONS = ("The packet shows eleven vans: it meets the definition that both sides signed.",)
UPHELD = ("The vans are let to another firm, which plans for itself: sales was right.",)
CAUSES = (
    ("buyer_away", "Away until their stocktaking is over."),
    ("buyer_asked", "They asked us to call again when their budget is through."),
)
COMMENTS = (
    "Friendly people, no hurry.", "Ask for Wilma at the front desk; she knows who decides.", "Their season ends soon.",
    "Please mention the checklist, they liked it.", "I would offer the small package first.",
    "Met them at the stand: tall, with a yellow umbrella.", "They compare us with a spreadsheet.",
)  # fmt: skip
