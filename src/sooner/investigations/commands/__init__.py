"""What changes an investigation: the pipeline's steps (`open`) and what people do (`allocate`, `record`,
`decide`).
"""
