"""What changes the intake: receiving documents, reading referrals from them, resolving who they speak of, and what a
person does about a document that could not be read."""
