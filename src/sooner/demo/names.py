"""Given and family names of many origins, streets, schools and jobs to make invented people of.

Written for this project. Any likeness to a person, a school or a club is chance.
"""

ORIGINS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "british": (
        ("Alice", "Charlotte", "Emily", "Grace", "Hannah", "Isla", "Jessica", "Lucy", "Megan", "Poppy",
         "Ruby", "Sophie", "Carol", "Janet", "Florence", "Harriet", "Imogen", "Matilda", "Rosie", "Willow",
         "Bethan", "Morag"),
        ("Alfie", "Callum", "Daniel", "Edward", "George", "Harry", "Jack", "Liam", "Oliver", "Peter",
         "Thomas", "William", "Barry", "Keith", "Archie", "Dylan", "Finley", "Gareth", "Joshua", "Luke",
         "Ryan", "Stuart"),
        ("Ashdown", "Barker", "Carter", "Dawson", "Ellison", "Fairfax", "Goodwin", "Hartley", "Kershaw",
         "Lockwood", "Marsden", "Norwood", "Pickering", "Redfern", "Smith", "Jones", "Taylor", "Brown",
         "Thornbury", "Whitcombe", "Appleyard", "Bagshaw", "Chadwick", "Davies", "Entwistle", "Fletcher",
         "Garside", "Holloway", "Inskip", "Jessop", "Kingsley", "Langford", "MacDonald", "Naylor",
         "Oldroyd", "Pritchard", "Quayle", "Rowbotham", "Stafford", "Trevithick", "Underhill", "Vickers",
         "Wainwright", "Yardley", "Evans", "Hughes", "Griffiths", "Armstrong-Hale", "Smythe", "Wright"),
    ),
    "irish": (
        ("Aoife", "Caoimhe", "Niamh", "Orla", "Róisín", "Sinéad", "Ciara", "Gráinne", "Maeve"),
        ("Cormac", "Declan", "Eoin", "Fionn", "Oisín", "Seán", "Brendan", "Pádraig", "Ronan"),
        ("Brennan", "Doherty", "Gallagher", "Kavanagh", "McCarthy", "Ó Briain", "O'Connor", "O'Sullivan",
         "Byrne", "Cullinane", "Fitzgerald", "Hennessy", "Lenihan", "MacMahon", "Ní Dhomhnaill", "Quinlan",
         "Tierney"),
    ),
    "south-asian": (
        ("Aisha", "Ananya", "Fatima", "Jasleen", "Meera", "Nusrat", "Priya", "Sana", "Simran", "Zara",
         "Anjali", "Deepa", "Farzana", "Harpreet", "Kavita", "Lakshmi", "Rukhsana", "Shabana", "Tharani"),
        ("Amir", "Arjun", "Bilal", "Gurpreet", "Hassan", "Imran", "Manjit", "Rajesh", "Tariq", "Vikram",
         "Ashok", "Danish", "Faisal", "Harjit", "Kiran", "Naveed", "Rohan", "Shahid", "Suresh",
         "Mohammed"),
        ("Ahmed", "Begum", "Chaudhry", "Desai", "Gill", "Hussain", "Iqbal", "Kaur", "Khan", "Mistry",
         "Patel", "Rahman", "Sandhu", "Sharma", "Uddin", "Ali", "Bhatt", "Choudhury", "Dhillon", "Faruqi",
         "Ghosh", "Islam", "Jayasuriya", "Kumar", "Malik", "Miah", "Nair", "Perera", "Qureshi", "Reddy",
         "Shah", "Sivakumar", "Tharmalingam", "Verma"),
    ),
    "west-african": (
        ("Abena", "Adaeze", "Amara", "Chioma", "Efua", "Folake", "Ngozi", "Yetunde", "Akosua", "Bukola",
         "Fatoumata", "Ifeoma"),
        ("Chidi", "Emeka", "Femi", "Kofi", "Kwame", "Obinna", "Segun", "Tunde", "Babatunde", "Ikenna",
         "Kwabena", "Lamin"),
        ("Adeyemi", "Asante", "Boateng", "Eze", "Mensah", "Nwosu", "Obi", "Okafor", "Okonkwo", "Owusu",
         "Adebayo", "Agyeman", "Bangura", "Conteh", "Diallo", "Egwu", "Frimpong", "Iwu", "Jalloh",
         "Kamara", "Olatunji", "Sesay", "Uche"),
    ),
    "caribbean": (
        ("Charmaine", "Destiny", "Jada", "Keisha", "Shanice", "Tiana", "Marcia", "Nadine", "Renée"),
        ("Andre", "Delroy", "Jermaine", "Leroy", "Marlon", "Tyrone", "Curtis", "Desmond", "Winston"),
        ("Bailey", "Campbell", "Clarke", "Francis", "Gordon", "Lewis", "Morgan", "Samuels", "Williams",
         "Blackwood", "Dacosta", "Ffrench", "Grant", "Henry", "Joseph", "Pinnock", "Rowe", "Thompson-Reid",
         "Walters"),
    ),
    "polish": (
        ("Agnieszka", "Julia", "Katarzyna", "Maja", "Zofia", "Łucja", "Aleksandra", "Grażyna",
         "Małgorzata"),
        ("Jakub", "Kacper", "Marek", "Paweł", "Piotr", "Tomasz", "Bartłomiej", "Krzysztof", "Wojciech"),
        ("Kowalczyk", "Kowalski", "Łaska", "Nowak", "Wiśniewska", "Wójcik", "Zieliński", "Dąbrowski",
         "Jabłońska", "Kamińska", "Lewandowski", "Mazur", "Pawlak", "Szczepański", "Woźniak"),
    ),
    "romanian": (
        ("Andreea", "Elena", "Ioana", "Mihaela", "Ștefania", "Daniela", "Raluca"),
        ("Andrei", "Bogdan", "Cristian", "Mihai", "Vlad", "Gheorghe", "Răzvan"),
        ("Constantin", "Dumitrescu", "Ionescu", "Marin", "Popescu", "Stoica", "Bălan", "Ciobanu",
         "Gheorghiu", "Lungu", "Munteanu",
         "Țăranu", "Ungureanu"),
    ),
    "turkish": (
        ("Ayşe", "Elif", "Emine", "Zeynep", "Defne", "Gülay", "Songül"),
        ("Ali", "Emre", "Mehmet", "Mustafa", "Burak", "Hüseyin", "Özgür"),
        ("Aydın", "Çelik", "Demir", "Kaya", "Şahin", "Yılmaz", "Arslan", "Doğan", "Erdoğdu", "Güneş",
         "Öztürk", "Polat", "Yıldız"),
    ),
    "arabic": (
        ("Hala", "Layla", "Maryam", "Noor", "Yasmin", "Amal", "Huda", "Rania"),
        ("Ahmad", "Khalid", "Omar", "Samir", "Youssef", "Bassam", "Karim", "Ziad"),
        ("Al-Masri", "Aziz", "Haddad", "Mansour", "Nasser", "Saleh", "Abdel Rahman", "Al-Khatib",
         "Barakat", "Darwish", "El-Sayed", "Hamdan", "Khoury", "Shaheen", "Zaki"),
    ),
    "chinese": (
        ("Jia", "Li Na", "Mei", "Xiu", "Yan", "Hui Min", "Ka Yan", "Xin Yi"),
        ("Chen", "Hao", "Jun", "Ming", "Wei", "Chun Kit", "Jian", "Zhi Hao"),
        ("Chan", "Huang", "Lam", "Li", "Liu", "Wang", "Wong", "Zhang", "Cheung", "Fong", "Guo", "Ho",
         "Leung", "Ng", "Xu", "Zhou"),
    ),
    "somali": (
        ("Ayaan", "Hodan", "Ifrah", "Sagal", "Ubah", "Deqa", "Hibaq", "Idil"),
        ("Abdi", "Guled", "Liban", "Mahad", "Yusuf", "Abdirahman", "Hirsi", "Jamac"),
        ("Abdullahi", "Farah", "Hersi", "Jama", "Mohamed", "Warsame", "Adan", "Dualeh", "Elmi", "Gedi",
         "Isse", "Nur", "Osman"),
    ),
    "portuguese": (
        ("Beatriz", "Inês", "Leonor", "Matilde", "Conceição", "Mafalda"),
        ("Diogo", "João", "Rui", "Tiago", "Gonçalo", "Nuno"),
        ("Almeida", "Ferreira", "Gomes", "Pereira", "Santos", "Silva", "Araújo", "Conceição", "Lourenço",
         "Magalhães", "Simões",
         "da Costa", "dos Reis"),
    ),
    "jewish": (
        ("Abigail", "Leah", "Miriam", "Rachel", "Chaya", "Esther", "Tamar"),
        ("Aaron", "Benjamin", "Eli", "Samuel", "Ezra", "Mordechai", "Reuben"),
        ("Bloom", "Cohen", "Feldman", "Goldberg", "Levy", "Rosen", "Abrahams", "Fischer", "Katz", "Kaplan",
         "Marks", "Shapiro",
         "Weiss"),
    ),
}  # fmt: skip
"""Origin to (girls' and women's, boys' and men's, family) names."""

WEIGHTS = {
    "british": 46, "irish": 4, "south-asian": 16, "west-african": 9, "caribbean": 5, "polish": 4,
    "romanian": 3, "turkish": 3, "arabic": 3, "chinese": 2, "somali": 2, "portuguese": 2, "jewish": 1,
}  # fmt: skip

SHORT = {
    "Daniel": "Dan", "Edward": "Ed", "Thomas": "Tom", "William": "Will", "Joshua": "Josh",
    "Jessica": "Jess", "Charlotte": "Lottie", "Katarzyna": "Kasia", "Agnieszka": "Aga", "Benjamin": "Ben",
    "Samuel": "Sam", "Mohammed": "Mo", "Babatunde": "Tunde", "Aleksandra": "Ola", "Abigail": "Abi",
    "Cristian": "Cris", "Yetunde": "Yetty", "Jermaine": "Jay",
}  # fmt: skip
"""What some are called in everyday records."""

STREET_NAMES = (
    "Orchard", "Station", "Mill", "Church", "Elm", "Victoria", "Park", "Linden", "Canal", "Queens",
    "Meadow", "Albert", "Beech", "Garden", "Hope", "King's", "Alma", "Bramble", "Cedar", "Dorset", "Elgin",
    "Farm", "Gloucester", "Hawthorn", "Inverness", "Jubilee", "Kestrel", "Laurel", "Malvern", "Nelson",
    "Osborne", "Poplar", "Quarry", "Rectory", "St Mary's", "Trafalgar", "Union", "Vicarage", "Wharf",
    "Yew Tree", "Ashburnham", "Balmoral", "Clarence", "Devonshire", "Eastbourne", "Foundry", "Granville",
    "Holly", "Ivy", "Juniper",
)  # fmt: skip
_STREET_KINDS = (
    "Road",
    "Street",
    "Lane",
    "Close",
    "Avenue",
    "Gardens",
    "Crescent",
    "Terrace",
    "Drive",
    "Grove",
)
STREETS = tuple(f"{name} {kind}" for kind in _STREET_KINDS for name in STREET_NAMES)
"""Five hundred streets that every area has."""

SCHOOLS = (
    "Oakfield", "St Anne's", "Riverside", "Hilltop", "Greenway", "Willow Bank", "Northgate", "Kingsmead",
    "Larkspur", "Holy Family", "Copper Beech", "Fernleigh", "Meadowbrook", "Rosetta", "Southmoor",
    "Thornhill",
)  # fmt: skip
JOBS = (
    "Warehouse operative", "Electrician", "Accountant", "Bus driver", "Chef", "Software tester", "Nurse",
    "Shop assistant", "Plumber", "Office manager", "Student", "Unemployed", "Delivery driver",
    "Security guard", "Bank clerk", "Cleaner", "Hairdresser", "Civil servant", "Carpenter",
    "Care assistant", "Estate agent", "Graphic designer", "Mechanic", "Paralegal", "Barber",
)  # fmt: skip
TRUSTED_JOBS = (
    ("Primary school teacher", "school"), ("Teaching assistant", "school"), ("Science teacher", "academy"),
    ("Football coach, under-11s", "Juniors Football Club"), ("Childminder", ""), ("Youth worker",
     "Youth Centre"),
    ("Piano tutor", "Music School"), ("Swimming instructor", "Swimming Club"), ("Nursery practitioner",
     "Day Nursery"),
    ("Gymnastics coach", "Gymnastics Club"),
)  # fmt: skip
"""Role with children, and the kind of organisation: a school or academy of the area, a club, or nobody's (self-employed)."""
VOLUNTEER_ROLES = (
    ("Cub leader (volunteer)", "Cub Pack"), ("Sunday club helper (volunteer)", "Community Church"),
    ("Netball coach (volunteer)", "Netball Club"), ("Reading volunteer", "school"),
)  # fmt: skip
