"""One file a layer: ``LAYER = Layer(…)`` with its fields, identifiers, zones, map style and legend; found by itself.

Every layer may carry, beside its own fields: ``valid_from`` and ``valid_to`` (inclusive days), ``accuracy_m`` and
``synthetic``.
"""
