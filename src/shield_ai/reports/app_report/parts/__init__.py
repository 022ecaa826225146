"""The parts of a report. Each module collects one part from an app and its AWS account."""
