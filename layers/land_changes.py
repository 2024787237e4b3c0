"""遥感变化图斑: areas in which two satellite or drone images differ, each with the day of the later image.

A change is what an interpreter saw, not what anybody did; ``area_m2`` is the area as the interpreter states it (the
shape on the map may have been simplified), and ``image`` names the pair of images, so that it can be looked at
again.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

#: What the interpreter took the change for. ``vegetation_loss`` is cover gone with the ground still unbroken;
#: ``bare_soil`` is broken ground; ``track`` are wheel marks off any road; ``fill`` is ground raised or water filled.
KINDS = (
    "building",
    "quarry",
    "bare_soil",
    "fill",
    "water_loss",
    "vegetation_loss",
    "track",
    "road",
    "greenhouse",
    "other",
)

LAYER = Layer(
    name="land_changes",
    title=Words("遥感变化图斑", "Land changes seen from above"),
    geometry=("polygon",),
    fields=(
        Field("change_id", Words("图斑编号", "Change number"), required=True),
        Field("kind", Words("变化类型", "Kind of change"), kind="choice", required=True, choices=KINDS),
        Field("detected", Words("发现日期", "Day of the later image"), kind="date", required=True),
        Field("earlier", Words("前时相日期", "Day of the earlier image"), kind="date"),
        Field("area_m2", Words("面积(平方米)", "Area in square metres"), kind="number"),
        Field("image", Words("影像编号", "Images")),
        Field("interpreter", Words("解译单位", "Interpreted by")),
    ),
    id_field="change_id",
    title_field="change_id",
    style=Style(colour="#8a6f8f", fill="#d9cbdc", weight=1.2, dash="3 2", min_zoom=11),
    note=Words(
        "图斑是影像比对的结果，须经实地核查；不等于违法，边界可能有数米偏差",
        "Found by comparing images and yet to be checked on the ground: no offence, and borders may be metres off",
    ),
)
