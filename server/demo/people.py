"""Names for the demo students. If a real person has one of these names, that is a coincidence."""


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words(
    "Ada Amara Aiko Bilal Bruno Carmen Chidi Chloe Daniyar Dilan Elif Emeka Esra Farah Felix Goran Greta Hana Hugo "
    "Ines Iris Jamal Jonas Jun Kaya Keziah Lars Leila Lina Luca Mei Milan Mira Nadia Nils Noor Olga Omar Paulo Petra "
    "Quynh Rafael Rania Ravi Rosa Samir Sanna Selim Sofia Tariq Thea Tomas Uma Viktor Wanda Xenia Yara Yusuf Zeynep Zoe"
)
LAST = _words(
    "Nwosu Okafor Tanaka Rahman Silva Ortega Eze Laurent Abenov Kurt Yildiz Obi Demir Haddad Brandt Petrov Lindqvist "
    "Sato Moreau Carvalho Novak Hassan Weber Park Aksoy Mensah Olsen Nazari Berg Rossi Chen Jovanovic Costa Ferrari "
    "Holm Aziz Ivanova Farouk Souza Horvat Nguyen Mendes Saleh Iyer Blanco Khoury Nieminen Ozturk Marin Malik Vik "
    "Dvorak Pillai Orlov Zielinska Papadaki Santos Kaplan Arslan Fischer"
)


def name_of(number: int) -> tuple[str, str]:
    """Return first and last name of the demo student of a number, from 1 to 60."""
    return FIRST[number - 1], LAST[(7 * number) % len(LAST)]
