"""The closed lists of reasons: why a record was refused, and why a message obliges nobody, somebody or waits.

Each member's documentation is its second value; ``docs/reasons.md`` is generated from here.
"""

from enum import StrEnum


class Reason(StrEnum):
    """A coded answer with its sentence."""

    text: str

    def __new__(cls, code: str, text: str) -> "Reason":
        member = str.__new__(cls, code)
        member._value_ = code
        member.text = text
        return member


class Rejection(Reason):
    """Why intake refused an input record. The record's bytes are kept, encrypted, for replay."""

    TOMBSTONE = "tombstone", "The record has no value."
    TOO_LARGE = "too_large", "The record is larger than 256 KiB."
    NOT_UTF8 = "not_utf8", "The record's value, or a header that carries an attribute, is not UTF-8."
    NOT_JSON = "not_json", "The record's value is not JSON."
    TOO_DEEP = "too_deep", "The JSON is nested deeper than any event of the contract."
    NOT_A_CLOUDEVENT = "not_a_cloudevent", "A CloudEvents 1.0 attribute is missing or malformed."
    UNKNOWN_TYPE = "unknown_type", "The contract has no event of this type."
    UNKNOWN_VERSION = "unknown_version", "The contract has this event, but not in this version."
    VERSION_ENDED = (
        "version_ended",
        "Version 1 of this event is no longer taken. Send version 2, where one JWE for this event alone holds CPR, "
        "text and contact person.",
    )
    WRONG_TOPIC = "wrong_topic", "Events of this type belong on another topic."
    UNKNOWN_SENDER = "unknown_sender", "The sender is not registered, or not on the event's date."
    NOT_SENDERS_TYPE = "not_senders_type", "This kind of sender may not send events of this type."
    NOT_SENDERS_OWN = (
        "not_senders_own",
        "The event is about another institution or municipality than its sender.",
    )
    SIGNATURE_MISSING = "signature_missing", "The event carries no signature."
    UNKNOWN_KEY = "unknown_key", "The signature names a key that is not registered for the sender."
    KEY_NOT_VALID = "key_not_valid", "The signing key was not valid when the broker received the event."
    SIGNATURE_INVALID = "signature_invalid", "The signature does not fit: another key, or other content."
    SIGNED_FOR_OTHER_TOPIC = "signed_for_other_topic", "The signature was made for another topic."
    MISSING_FIELD = "missing_field", "A required field of the data is missing."
    WRONG_FIELD = (
        "wrong_field",
        "A field of the data is unknown or has a value that the contract does not allow.",
    )
    CPR_NOT_SEALED = "cpr_not_sealed", "The CPR is not in a JWE; a CPR is never sent in the clear."
    CPR_NOT_OPENED = "cpr_not_opened", "The CPR's JWE cannot be opened with the service's keys."
    SEALED_FOR_ANOTHER = (
        "sealed_for_another",
        "The JWE does not name this sender in `apu` and this event in `apv`: it was made for another event, or none.",
    )
    CPR_IN_TEXT = (
        "cpr_in_text",
        "A CPR stands in the text or with the contact person. Send the message without it: the event names its person.",
    )
    NOT_A_PERSON = "not_a_person", "The number cannot be a person's CPR, or its date of birth has not come."
    DAY_NOT_OVER = "day_not_over", "The control total is of a day that was not over at the event's time."
    CLOCK_AHEAD = "clock_ahead", "The event's time is ahead of the broker's clock by more than the tolerance."


class DecisionReason(Reason):
    """Why a message is obliged, not obliged or undecided."""

    OBLIGED = "obliged", "Within six months of the study start, and the person came from the target group."
    WITHDRAWN = "withdrawn", "The institution has withdrawn the message."
    ID_CONFLICT = "id_conflict", "Another message with the same id came first; this one is refused."
    LAW_NOT_IN_FORCE = "law_not_in_force", "The duty was not in force on the message's date."
    LAW_NOT_CONFIRMED = (
        "law_not_confirmed",
        "The law of the message's date was neither read nor confirmed by two people. It waits, and nothing is lost.",
    )
    BEFORE_STUDY_START = "before_study_start", "The message is dated before the study start."
    AFTER_WINDOW = "after_window", "The message is dated after the six months from the study start."
    ENROLMENT_ENDED = "enrolment_ended", "The enrolment had ended before the message."
    EDUCATION_NOT_COVERED = (
        "education_not_covered",
        "The duty does not cover this type of education. The message still concerns the municipality's youth unit "
        "(KUI § 12 c), and the institution is told so.",
    )
    EDUCATION_UNCERTAIN = (
        "education_uncertain",
        "Whether the duty covers this type of education is open. People must look.",
    )
    NO_TARGET_GROUP_PERIOD_KNOWN = (
        "no_target_group_period_known",
        "No period in the target group is known for the person.",
    )
    TARGET_GROUP_ENDED_TOO_EARLY = (
        "target_group_ended_too_early",
        "The person left the target group longer before the study start than the look-back allows.",
    )
    TARGET_GROUP_BEGAN_AFTER_START = (
        "target_group_began_after_start",
        "The person came into the target group on the study start or later.",
    )
    TARGET_GROUP_UNCERTAIN = (
        "target_group_uncertain",
        "The person came from a group of which it is open whether the duty covers it: dagpenge under 25 with an "
        "order to take an education (LAB § 6 nr. 1). People must look.",
    )
    ENROLMENT_UNKNOWN = "enrolment_unknown", "No enrolment of the person at that institution is known."
    TOO_MANY_EVENTS = (
        "too_many_events",
        "The institution has sent more about this one person than can be right; what came before counts. "
        "People must look.",
    )
    RESIDENCE_UNKNOWN = "residence_unknown", "The person's residence on the message's date is unknown."
    NO_RESPONSIBLE_UNIT = (
        "no_responsible_unit",
        "No responsible unit is known for the municipality code: abroad, unknown, or Christiansø.",
    )


class LeftOut(Reason):
    """Why an accepted event has no effect on its person. It stays on ``person-events``, and can be replayed."""

    SENDER_BOUND = (
        "sender_bound",
        "Its sender has sent more about this one person than can be right; what came before counts.",
    )
    RECORD_FULL = (
        "record_full",
        "Several senders together have filled the person's record: this one has a large part in it, "
        "or no room is left.",
    )
    JOINED_ELSEWHERE = (
        "joined_elsewhere",
        "The old number has another new one already. Two people may be in question, and a join is not taken back.",
    )


class ForeignReason(Reason):
    """Why a record on one of the service's own topics is none of its own. Its content is looked at by nobody."""

    NO_MAC = "no_mac", "The record has no MAC, and was appended when every record must have one."
    UNKNOWN_KEY = "unknown_key", "The record's MAC names a key that is not in the stream's key ring."
    WRONG_MAC = "wrong_mac", "The record's MAC does not fit its topic, partition, key and value."
