"""Given and family names of many origins, to make invented people of. Any likeness to a person is chance."""

ORIGINS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "british": (
        ("Alice", "Charlotte", "Emily", "Grace", "Hannah", "Isla", "Jessica", "Lucy", "Megan", "Poppy", "Ruby", "Sophie", "Carol", "Janet"),
        ("Alfie", "Callum", "Daniel", "Edward", "George", "Harry", "Jack", "Liam", "Oliver", "Peter", "Thomas", "William", "Barry", "Keith"),
        ("Ashdown", "Barker", "Carter", "Dawson", "Ellison", "Fairfax", "Goodwin", "Hartley", "Kershaw", "Lockwood", "Marsden", "Norwood", "Pickering", "Redfern", "Smith", "Jones", "Taylor", "Brown", "Thornbury", "Whitcombe"),
    ),
    "irish": (
        ("Aoife", "Caoimhe", "Niamh", "Orla", "Róisín", "Sinéad"),
        ("Cormac", "Declan", "Eoin", "Fionn", "Oisín", "Seán"),
        ("Brennan", "Doherty", "Gallagher", "Kavanagh", "McCarthy", "Ó Briain", "O'Connor", "O'Sullivan"),
    ),
    "south-asian": (
        ("Aisha", "Ananya", "Fatima", "Jasleen", "Meera", "Nusrat", "Priya", "Sana", "Simran", "Zara"),
        ("Amir", "Arjun", "Bilal", "Gurpreet", "Hassan", "Imran", "Manjit", "Rajesh", "Tariq", "Vikram"),
        ("Ahmed", "Begum", "Chaudhry", "Desai", "Gill", "Hussain", "Iqbal", "Kaur", "Khan", "Mistry", "Patel", "Rahman", "Sandhu", "Sharma", "Uddin"),
    ),
    "west-african": (
        ("Abena", "Adaeze", "Amara", "Chioma", "Efua", "Folake", "Ngozi", "Yetunde"),
        ("Chidi", "Emeka", "Femi", "Kofi", "Kwame", "Obinna", "Segun", "Tunde"),
        ("Adeyemi", "Asante", "Boateng", "Eze", "Mensah", "Nwosu", "Obi", "Okafor", "Okonkwo", "Owusu"),
    ),
    "caribbean": (
        ("Charmaine", "Destiny", "Jada", "Keisha", "Shanice", "Tiana"),
        ("Andre", "Delroy", "Jermaine", "Leroy", "Marlon", "Tyrone"),
        ("Bailey", "Campbell", "Clarke", "Francis", "Gordon", "Lewis", "Morgan", "Samuels", "Williams"),
    ),
    "polish": (
        ("Agnieszka", "Julia", "Katarzyna", "Maja", "Zofia", "Łucja"),
        ("Jakub", "Kacper", "Marek", "Paweł", "Piotr", "Tomasz"),
        ("Kowalczyk", "Kowalski", "Łaska", "Nowak", "Wiśniewska", "Wójcik", "Zieliński"),
    ),
    "romanian": (
        ("Andreea", "Elena", "Ioana", "Mihaela", "Ștefania"),
        ("Andrei", "Bogdan", "Cristian", "Mihai", "Vlad"),
        ("Constantin", "Dumitrescu", "Ionescu", "Marin", "Popescu", "Stoica"),
    ),
    "turkish": (
        ("Ayşe", "Elif", "Emine", "Zeynep"),
        ("Ali", "Emre", "Mehmet", "Mustafa"),
        ("Aydın", "Çelik", "Demir", "Kaya", "Şahin", "Yılmaz"),
    ),
    "arabic": (
        ("Hala", "Layla", "Maryam", "Noor", "Yasmin"),
        ("Ahmad", "Khalid", "Omar", "Samir", "Youssef"),
        ("Al-Masri", "Aziz", "Haddad", "Mansour", "Nasser", "Saleh"),
    ),
    "chinese": (
        ("Jia", "Li Na", "Mei", "Xiu", "Yan"),
        ("Chen", "Hao", "Jun", "Ming", "Wei"),
        ("Chan", "Huang", "Lam", "Li", "Liu", "Wang", "Wong", "Zhang"),
    ),
    "somali": (
        ("Ayaan", "Hodan", "Ifrah", "Sagal", "Ubah"),
        ("Abdi", "Guled", "Liban", "Mahad", "Yusuf"),
        ("Abdullahi", "Farah", "Hersi", "Jama", "Mohamed", "Warsame"),
    ),
    "portuguese": (
        ("Beatriz", "Inês", "Leonor", "Matilde"),
        ("Diogo", "João", "Rui", "Tiago"),
        ("Almeida", "Ferreira", "Gomes", "Pereira", "Santos", "Silva"),
    ),
    "jewish": (
        ("Abigail", "Leah", "Miriam", "Rachel"),
        ("Aaron", "Benjamin", "Eli", "Samuel"),
        ("Bloom", "Cohen", "Feldman", "Goldberg", "Levy", "Rosen"),
    ),
}  # fmt: skip
"""Origin to (girls' and women's, boys' and men's, family) names."""

WEIGHTS = {
    "british": 46, "irish": 4, "south-asian": 16, "west-african": 9, "caribbean": 5, "polish": 4, "romanian": 3, "turkish": 3,
    "arabic": 3, "chinese": 2, "somali": 2, "portuguese": 2, "jewish": 1,
}  # fmt: skip

STREETS = (
    "Orchard Road", "Station Street", "Mill Lane", "Church Walk", "Elm Close", "Victoria Avenue", "Park Gardens", "Linden Grove",
    "Canal View", "Queens Crescent", "Meadow Way", "Albert Terrace", "Beech Drive", "Garden Court", "Hope Street", "King's Place",
)  # fmt: skip
SCHOOLS = (
    "Oakfield",
    "St Anne's",
    "Riverside",
    "Hilltop",
    "Greenway",
    "Willow Bank",
    "Northgate",
    "Kingsmead",
)
JOBS = (
    "Warehouse operative", "Electrician", "Accountant", "Bus driver", "Chef", "Software tester", "Nurse", "Shop assistant", "Plumber",
    "Office manager", "Student", "Unemployed", "Delivery driver", "Security guard", "Bank clerk",
)  # fmt: skip
TRUSTED_JOBS = (
    ("Primary school teacher", "school"), ("Teaching assistant", "school"), ("Football coach, under-11s", "club"),
    ("Childminder", "childminding"), ("Youth worker", "youth centre"), ("Piano tutor", "music school"), ("Swimming instructor", "pool"),
)  # fmt: skip
