"""What institutions write in the story: short, without anything about health, and nobody's real name."""

from typing import Final

TEXTS: Final = (
    "Har ikke været til undervisning siden mandag og svarer ikke på beskeder.",
    "Mangler tre afleveringer. Vi har talt om en plan, men den bliver ikke fulgt.",
    "Overvejer at stoppe. Vil gerne tale om at skifte linje.",
    "Faldende fremmøde de sidste to uger.",
    "Møder, men går ofte før tid.",
    "Svært ved at få transporten til at hænge sammen.",
    "Har bedt om hjælp til at strukturere hjemmearbejdet.",
    "Fravær især om fredagen. Studievejleder har haft én samtale.",
    "Ingen kontakt trods opkald, sms og brev.",
    "Usikker på valget af uddannelse; ønsker støtte til at blive.",
    "Lave resultater i grundfagene; lektiecafé er tilbudt.",
    "Arbejder mange timer ved siden af studiet.",
)
FIRST_NAMES: Final = ("Mette", "Søren", "Åse", "Jørgen", "Line", "Ömer", "Birgit", "Ravn", "Ida", "Thorbjørn")
LAST_NAMES: Final = ("Prøvesen", "Testrup", "Opdigt", "Eksempelgaard", "Fiktiv", "Mønsterby")
