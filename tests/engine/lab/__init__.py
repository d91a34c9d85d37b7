"""What the tests against a real Engine stand on.

An Engine of their own (`engine`), kept for one run of ctest (`keeper`); dockgate in front of it
(`gate`); what a test case starts from (`bench`); unmodified clients (`docker`, `terminal`) and
plain HTTP (`wire`); and the comparison of what a client sees with and without dockgate (`same`).
"""
