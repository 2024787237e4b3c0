"""用地审批: approvals that let ground be used for something else, each with its area and term: conversion of
farmland, consent to take grassland, forest land or wetland, and land for agricultural facilities."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("conversion", "farm_facility", "grassland", "forest", "wetland", "other")

LAYER = Layer(
    name="land_approvals",
    title=Words("用地审批", "Land-use approvals"),
    geometry=("polygon",),
    fields=(
        Field("approval_id", Words("批准文号", "Approval number"), required=True),
        Field("name", Words("项目名称", "Project")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("holder", Words("用地单位", "Holder")),
        Field("issued_by", Words("批准机关", "Approved by")),
    ),
    id_field="approval_id",
    title_field="name",
    style=Style(colour="#a08a6a", fill="#ede3d3", weight=1.2, dash="1 3", min_zoom=12),
    note=Words(
        "一个项目可能要有几种批准；一种批准不代表其他批准",
        "A project may need several of these; one of them does not stand for another",
    ),
)
