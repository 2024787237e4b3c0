"""The words that models and feeds share: categories of incidents, agencies, and what people read for them.

A feed maps the categories of its source to these; a model watches these. A category that is missing is added
here, with its words in both languages, before anything speaks of it: ``lint`` refuses a model that watches an
unknown one, because no feed could ever bring it a record.
"""

from __future__ import annotations

from collections.abc import Mapping

from geo_monitor.domain.words import Words

CATEGORIES: Mapping[str, Words] = {
    # rivers, lakes, wetlands, sources of drinking water
    "sand_mining": Words("采砂取土", "sand or soil extraction"),
    "dumping": Words("倾倒垃圾渣土", "dumping of waste or spoil"),
    "litter": Words("生活垃圾堆积", "refuse left lying"),
    "floating_rubbish": Words("水面漂浮物", "floating rubbish"),
    "riverside_building": Words("涉河湖建房设施", "building or structure by the water"),
    "riverside_works": Words("涉河工程施工", "works in or beside a river"),
    "floodplain_use": Words("堤防滩地种植堆料", "cultivation, grazing or storage on the floodplain"),
    "riverside_camping": Words("河滩露营餐饮", "camping or catering on the floodplain"),
    "vehicle_washing": Words("河道洗车洗容器", "washing of vehicles in the river"),
    "outfall": Words("排污口", "outfall"),
    "discharge": Words("污水直排", "discharge of wastewater"),
    "sewer_overflow": Words("污水冒溢", "sewer overflow"),
    "black_odorous_water": Words("黑臭水体", "black or odorous water"),
    "water_colour": Words("水色异常", "unusual colour of water"),
    "turbid_water": Words("水体浑浊", "turbid water"),
    "oil_film": Words("油污油膜", "oil on the water"),
    "spill": Words("泄漏与突发污染", "spill or acute pollution"),
    "fish_kill": Words("死鱼", "dead fish"),
    "carcass": Words("病死畜禽弃置", "abandoned carcasses"),
    "manure": Words("养殖粪污", "manure"),
    "livestock_farm": Words("畜禽养殖", "livestock farming"),
    "illegal_fishing": Words("电毒炸鱼", "fishing by electricity, poison or explosives"),
    "fishing": Words("捕捞", "fishing"),
    "angling": Words("垂钓", "angling"),
    "swimming": Words("游泳戏水", "swimming or bathing"),
    "picnic": Words("野餐烧烤", "picnic or barbecue"),
    "tourism": Words("旅游活动", "tourism"),
    "life_release": Words("放生", "release of animals"),
    "dry_channel": Words("河道断流", "dry river bed"),
    "abstraction": Words("取水", "abstraction of water"),
    "dike_damage": Words("堤防损毁", "damage to a dike"),
    "boundary_mark": Words("界标警示牌缺损", "missing boundary mark or sign"),
    "drinking_water": Words("饮用水异常", "trouble with drinking water"),
    "wetland_fill": Words("湿地填占", "filling of wetland"),
    "wetland_grazing": Words("湿地放牧", "grazing in wetland"),
    "bird_disturbance": Words("惊扰水鸟", "disturbance of water birds"),
    "sensor_alarm": Words("水质监测报警", "alarm of a water sensor"),
    "rain": Words("雨量站读数", "reading of a rain gauge"),
    "hydropower_works": Words("水电站建设", "works for a hydropower station"),
    "flow_reading": Words("流量监测读数", "reading of a river gauge"),
    "turbidity_reading": Words("浊度监测读数", "reading of a turbidity sensor"),
    "water_index": Words("水体指数读数", "reading of the water surface from above"),
    "idle_facility": Words("污水处理设施停运", "sewage treatment standing idle"),
    "grave_building": Words("违规建坟", "building of graves"),
    # heritage
    "construction": Words("工程建设", "construction works"),
    "demolition": Words("拆除", "demolition"),
    "excavation": Words("爆破钻探挖掘", "blasting, drilling or digging"),
    "quarrying": Words("采石取土", "quarrying"),
    "probe_hole": Words("探洞盗洞", "probe hole or shaft"),
    "night_digging": Words("夜间挖掘", "digging by night"),
    "metal_detecting": Words("金属探测", "metal detecting"),
    "relic_theft": Words("文物被盗", "theft of relics"),
    "relic_theft_attempt": Words("盗窃文物未遂", "attempted theft of relics"),
    "relic_missing": Words("文物点位查无实物", "registered relic not found in place"),
    "relic_find": Words("施工发现文物", "relics found at works"),
    "graffiti": Words("刻划涂污", "carving or defacing"),
    "hanging": Words("悬挂张贴", "things hung on or nailed to a building"),
    "fire": Words("火情", "fire"),
    "fire_hazard": Words("火灾隐患", "fire hazard"),
    "blocked_fire_lane": Words("消防通道堵塞", "blocked fire lane"),
    "cables": Words("飞线杂线", "cables and charging wires"),
    "heritage_sign": Words("文物标志缺失", "missing heritage sign"),
    "structural_decay": Words("开裂渗漏坍塌", "cracks, leaks or collapse"),
    "waterlogging": Words("积水", "waterlogging"),
    "unapproved_repair": Words("擅自修缮", "unapproved repair"),
    "overcrowding": Words("游客超载", "overcrowding"),
    "visitor_count": Words("游客日接待量", "visitors counted in a day"),
    "vibration": Words("振动监测读数", "reading of a vibration sensor"),
    "tree_damage": Words("损害古树名木", "harm to an old tree"),
    "memorial_neglect": Words("纪念设施失管", "neglected memorial"),
    # food and drugs
    "small_workshop": Words("小作坊加工食品", "small workshop making food"),
    "unlicensed_food": Words("无证经营食品", "food sold without a licence"),
    "food_complaint": Words("食品安全投诉", "complaint about food"),
    "spoiled_food": Words("食品腐败过期", "spoiled or expired food"),
    "food_hygiene": Words("餐饮卫生", "hygiene of a kitchen or shop"),
    "food_illness": Words("疑似食源性疾病", "suspected food-borne illness"),
    "cheap_snacks": Words("校园周边劣质食品", "low-quality snacks"),
    "street_stall": Words("流动摊贩", "street stall"),
    "canteen": Words("食堂供餐问题", "trouble with a canteen"),
    "online_food": Words("网络餐饮", "food sold online"),
    "sale_to_minors": Words("向未成年人销售烟酒", "tobacco or alcohol sold to minors"),
    "slaughter": Words("私屠滥宰", "clandestine slaughter"),
    "cold_chain": Words("冷链断链", "break of the cold chain"),
    "grease": Words("餐饮油污排放", "grease from kitchens"),
    "kitchen_waste": Words("餐厨废弃物", "kitchen waste"),
    "fumes": Words("餐饮油烟", "cooking fumes"),
    "failed_sample": Words("抽检不合格", "failed sample"),
    "wildlife_food": Words("经营野生动物菜品", "wildlife on the menu"),
    "delivery_failure": Words("送餐地址找不到店", "no shop found where a meal was to be fetched"),
    "temperature_reading": Words("冷链温度读数", "reading of a cold-chain sensor"),
    "waste_pickup": Words("餐厨垃圾车收运停靠", "stop of a kitchen-waste collector"),
    "dead_animal_trade": Words("收售病死畜禽及其肉品", "dead animals or their meat bought or sold"),
    "crop_loss": Words("农作物受害减产", "loss of crops"),
    "livestock_loss": Words("牲畜死亡患病", "loss of livestock"),
    "drug_complaint": Words("药品投诉", "complaint about medicines"),
    "drug_buying": Words("收购药品", "buying up of medicines"),
    "failed_drug_sample": Words("药品抽检不合格", "failed sample of a medicine"),
    "online_drug": Words("网络售药", "medicines sold online"),
    "online_controlled_drug": Words("网络销售特殊管理药品", "specially controlled medicines sold online"),
    "pharmacist_signin": Words("执业药师签到", "sign-in of a pharmacist"),
    # land, air, the rest
    "odour": Words("异味恶臭", "odour"),
    "noise": Words("噪声", "noise"),
    "dust": Words("扬尘", "dust"),
    "open_burning": Words("露天焚烧", "open burning"),
    "hazardous_waste": Words("危险废物", "hazardous waste"),
    "medical_waste": Words("医疗废物", "medical waste"),
    "poaching": Words("猎捕野生动物", "poaching"),
    "grassland_damage": Words("草原破坏", "damage to grassland"),
    "grazing": Words("放牧", "grazing"),
    "livestock_count": Words("牲畜清点", "count of livestock"),
    "off_road_driving": Words("车辆碾压草原", "driving off the road"),
    "turf_cutting": Words("采挖虫草铲草皮", "digging of herbs or cutting of turf"),
    "tree_felling": Words("砍伐林木", "felling of trees"),
    "thermal_hotspot": Words("热异常点", "thermal hotspot"),
    "vegetation_index": Words("植被指数读数", "reading of the vegetation index"),
    "seepage": Words("渗漏渗滤液", "seepage or leachate"),
    "gas_reading": Words("气体监测读数", "reading of a gas sensor"),
    "reserve_activity": Words("自然保护区人为活动", "human activity in a nature reserve"),
    "hunting_device": Words("猎捕工具", "hunting device"),
    "wildlife_products": Words("野生动物制品", "wildlife products on sale"),
    "waste_oil": Words("废机油废电池倾倒", "waste oil or batteries dumped"),
    "fuel_odour": Words("汽油味", "smell of petrol"),
    "fuel_in_well": Words("井水含油", "petrol in a well"),
    "illegal_parking": Words("违规停车", "illegal parking"),
    "rodents": Words("鼠害虫害", "rodents or pests"),
    # work and homes
    "wage_arrears": Words("拖欠工资", "wages not paid"),
    "title_delay": Words("办证难", "title to a home delayed"),
    "rider_crash": Words("骑手交通事故", "crash of a delivery rider"),
    "rider_claim": Words("骑手权益诉求", "unpaid claim of a delivery rider"),
    # what offices and machines note by themselves
    "traffic_check": Words("路面交通检查", "traffic check"),
    "vehicle_stop": Words("车辆停靠", "stop of a vehicle"),
    "work_order": Words("热线工单流转", "work order of the hotline"),
    "card_swipe": Words("医保卡结算", "use of an insurance card"),
    "insurance_complaint": Words("举报骗取医保", "complaint about insurance claims"),
    "insurance_claims": Words("医保结算汇总", "claims of a medical institution"),
    "power_reading": Words("用电量读数", "reading of a power meter"),
    "standing_structure": Words("应拆未拆建筑", "structure still standing"),
    "other": Words("其他", "other"),
}

#: What a permit allows; a zone that forbids permits names one of the same words.
PERMIT_KINDS: Mapping[str, Words] = {
    "catering": Words("餐饮经营", "catering"),
    "tobacco": Words("烟草零售", "tobacco"),
    "alcohol": Words("酒类零售", "alcohol"),
    "lottery": Words("彩票销售", "lottery tickets"),
    "entertainment": Words("娱乐场所", "entertainment venue"),
    "eia": Words("环评批复", "environmental approval"),
    "discharge": Words("排污许可", "discharge of pollutants"),
    "mining": Words("采矿许可", "mining"),
    "livestock": Words("畜禽养殖", "livestock farm"),
    "construction": Words("建设工程规划许可", "construction"),
    "petrol_station": Words("成品油经营", "petrol station"),
    "hotel": Words("住宿", "hotel"),
    "other": Words("其他", "other"),
}

AGENCIES: Mapping[str, Words] = {
    "water": Words("水利部门", "water authority"),
    "ecology_environment": Words("生态环境部门", "ecology and environment authority"),
    "cultural_relics": Words("文物部门", "cultural relics authority"),
    "market_regulation": Words("市场监督管理部门", "market regulation authority"),
    "agriculture": Words("农业农村部门", "agriculture authority"),
    "natural_resources": Words("自然资源部门", "natural resources authority"),
    "urban_management": Words("城市管理部门", "urban management authority"),
    "health": Words("卫生健康部门", "health authority"),
    "police": Words("公安机关", "police"),
    "procuratorate": Words("检察机关", "procuratorate"),
    "transport": Words("交通运输部门", "transport authority"),
    "emergency": Words("应急管理部门", "emergency management authority"),
    "local_government": Words("属地人民政府", "local government"),
    "forestry_grassland": Words("林业和草原部门", "forestry and grassland authority"),
    "housing_construction": Words("住房和城乡建设部门", "housing and construction authority"),
    "fire_rescue": Words("消防救援机构", "fire and rescue service"),
    "culture_tourism": Words("文化和旅游部门", "culture and tourism authority"),
    "education": Words("教育部门", "education authority"),
    "civil_affairs": Words("民政部门", "civil affairs authority"),
    "drug_regulation": Words("药品监督管理部门", "drug regulation authority"),
    "tobacco_monopoly": Words("烟草专卖部门", "tobacco monopoly authority"),
    "medical_insurance": Words("医疗保障部门", "medical insurance authority"),
    "human_resources": Words("人力资源和社会保障部门", "human resources authority"),
    "veterans_affairs": Words("退役军人事务部门", "veterans affairs authority"),
    "ethnic_religious": Words("民族宗教部门", "ethnic and religious affairs authority"),
    "river_chief_office": Words("河湖长制办公室", "river chief office"),
    "court": Words("人民法院", "court"),
    "agency_in_charge": Words("主管机关", "agency in charge"),
}

DOMAIN_WORDS: Mapping[str, Words] = {
    "river": Words("河湖水生态", "Rivers and lakes"),
    "heritage": Words("文物和文化遗产", "Heritage"),
    "food": Words("食品安全", "Food safety"),
    "drug": Words("药品安全", "Drug safety"),
    "ecology": Words("生态环境", "Ecology"),
    "criminal": Words("行刑衔接", "Enforcement and crime"),
    "civil": Words("民事支持起诉", "Civil support"),
    "admin": Words("行政检察", "Administrative supervision"),
}

TRACK_WORDS: Mapping[str, Words] = {
    "public_interest": Words("公益诉讼", "public-interest litigation"),
    "enforcement_criminal": Words("两法衔接", "enforcement and criminal justice"),
    "civil_support": Words("支持起诉", "support for civil suits"),
    "administrative": Words("行政检察", "administrative supervision"),
}

MODEL_STATUS_WORDS: Mapping[str, Words] = {
    "draft": Words("草案", "draft"),
    "trial": Words("试运行", "on trial"),
    "active": Words("运行", "active"),
    "retired": Words("停用", "retired"),
}

SOURCE_WORDS: Mapping[str, Words] = {
    "hotline": Words("12345热线", "12345 hotline"),
    "market_hotline": Words("12315热线", "12315 hotline"),
    "volunteer": Words("志愿者", "volunteer"),
    "patrol": Words("巡查", "patrol"),
    "police": Words("警情", "police call"),
    "sensor": Words("传感器", "sensor"),
    "remote_sensing": Words("遥感", "remote sensing"),
    "register": Words("政务登记", "register"),
    "platform": Words("网络平台", "online platform"),
    "other": Words("其他来源", "other source"),
}


def category_words(category: str) -> Words:
    """What people read for a category; an unknown one (of a workspace's own feed) is shown as it is
    written."""
    return CATEGORIES.get(category) or Words(category, category)


def agency_words(agency: str) -> Words:
    return AGENCIES.get(agency) or Words(agency, agency)


#: Figures and identifiers that a report may carry beside its text; a feed maps its columns to these. Personal ones
#: (``card``, ``pharmacist``, ``rider``) are pseudonyms made by the office that sends them, never names or numbers.
ATTRIBUTES: Mapping[str, Words] = {
    "name": Words("名称", "name"),
    "address": Words("地址", "address"),
    "credit_code": Words("统一社会信用代码", "unified social credit code"),
    "licence": Words("许可证编号", "licence number"),
    "operator": Words("经营者", "operator"),
    "supplier": Words("供货者", "supplier"),
    "vehicle": Words("车辆", "vehicle"),
    "company": Words("所属企业", "company"),
    "platform": Words("平台", "platform"),
    "product": Words("产品", "product"),
    "topic": Words("事项", "topic"),
    "agency": Words("承办单位", "agency in charge"),
    "order_no": Words("工单编号", "work order"),
    "station": Words("站点", "station"),
    "rider": Words("骑手(假名)", "rider (pseudonym)"),
    "card": Words("医保卡(假名)", "insurance card (pseudonym)"),
    "pharmacist": Words("药师(假名)", "pharmacist (pseudonym)"),
    "household": Words("住户", "household"),
    "wetland": Words("湿地编号", "wetland"),
    "stall": Words("摊位", "stall"),
    "contractor": Words("施工单位", "contractor"),
    "volume_m3": Words("方量(立方米)", "volume in m³"),
    "area_m2": Words("面积(平方米)", "area in m²"),
    "amount_yuan": Words("金额(元)", "amount in yuan"),
    "count": Words("数量", "number"),
    "persons": Words("人数", "persons"),
    "minutes": Words("时长(分钟)", "minutes"),
    "height_m": Words("高度(米)", "height in m"),
    "flow_m3s": Words("流量(立方米/秒)", "flow in m³/s"),
    "temperature_c": Words("温度(摄氏度)", "temperature in °C"),
    "concentration": Words("浓度(毫克/升)", "concentration in mg/l"),
    "turbidity": Words("浊度(NTU)", "turbidity in NTU"),
    "vibration_mms": Words("振动速度(毫米/秒)", "vibration in mm/s"),
    "power_kwh": Words("用电量(千瓦时)", "power used in kWh"),
    "water_area_m2": Words("水面面积(平方米)", "water surface in m²"),
    "rainfall_mm": Words("降雨量(毫米)", "rainfall in mm"),
    "ndvi": Words("植被指数", "vegetation index"),
    "gas_mgm3": Words("气体浓度(毫克/立方米)", "gas in mg/m³"),
    "overdue_days": Words("超期天数", "days overdue"),
    "accepted": Words("受理日期", "day of acceptance"),
    "finished": Words("办结日期", "day of completion"),
    "district": Words("县区", "district"),
    "vehicle_type": Words("车辆类型", "kind of vehicle"),
    "licence_check": Words("驾驶资格核查结果", "driving licence as checked"),
    "reroutes": Words("退回转派次数", "times sent on"),
}

#: Attributes by which one report finds the others that name the same: the store keeps a list of who named what.
NAMED = frozenset(
    {"credit_code", "licence", "vehicle", "order_no", "station", "rider", "card", "pharmacist", "household", "wetland"}
    | {"stall", "topic", "district"}
)

#: Attributes that are filled in while a matter is handled, without the day on which they became so: a row sent today
#: says more of a report of last spring than anybody knew then. A model may use them live; a back-test refuses to.
FILLED_IN_LATER = frozenset({"overdue_days", "reroutes"})
#: Attributes that are a day: known from that day on, and not before.
DAYS_IN_REPORTS = frozenset({"accepted", "finished"})

#: Attributes that stand for a person: the grounds say that there is one, never which.
PSEUDONYMS = frozenset({"card", "pharmacist", "rider", "household"})


def attribute_words(name: str) -> Words:
    return ATTRIBUTES.get(name) or Words(name, name)
