"""The formats of findings: text, SARIF, JUnit, and those of code hosts."""
