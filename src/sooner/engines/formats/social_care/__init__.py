"""The referral to children's social care as a signed FHIR R4 message, and the authority's answers to it. Pure."""
