"""Supervision models 监督模型: YAML that a lawyer can read, with its own cases. No Python for a new one."""
