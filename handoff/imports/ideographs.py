"""Whether a word of Chinese, Japanese or Korean signs is one: most texts of the others read as signs nobody uses."""

import re
from collections.abc import Callable

Judge = Callable[[str], bool]

_FREQUENT = {
    "chinese": (
        "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭"
        "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉建国红志小海春梅兰生金龙晓宇佳婷雪鹏飞浩欣怡子涵梓轩"
        "的一是不了在人有我他这中大来上个们到说和地出道也时年得就那要下以会自可后里然心之用成能经部家电公司有限名姓邮箱手机话客户联系科技集团"
        "北京上海广州深圳市省区路号南东西商贸网络信息工程服务管理系统产品经理总监主任职位称单位部门备注来源日期"
    ),
    "traditional": (
        "王李張劉陳楊趙黃周吳徐孫胡朱高林何郭馬羅梁宋鄭謝韓唐馮于董蕭程曹袁鄧許傅沈曾彭呂蘇盧蔣蔡賈丁魏薛葉余潘杜戴夏鍾汪田任姜范方石姚譚莊邱洪賴簡"
        "志明俊傑雅婷怡君家豪宗翰佳淑芬美惠麗玲文建宏國強偉華英秀玉雪梅春生金龍曉宇欣心子怡雯萱柏廷承恩冠"
        "的一是不了在人有我他這中大來上個們到說和地出道也時年得就那要下以會自可後電公司有限名姓郵件手機話客戶聯絡科技集團股份"
        "台北高雄市縣區路號南東西商貿網路資訊工程服務管理系統產品經理總監職稱單位部門備註來源日期香港新竹"
    ),
    "japanese": (
        "佐藤鈴木高橋田中渡辺伊藤山本村小林加吉松井上清水口森池部石川島前岡長谷後近遠青坂福西原三宅中野金子藤原丸山今河大野竹内一二郎太子美恵和健次浩明正"
        "株式会社東京大阪府県市区町名古屋横浜氏名電話番号住所国部長役職担当者日本製作所工業商事営業様男女年月日"
    ),
    "korean": (
        "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민수지현영은준서연진경미정혜원재호상철희선숙동훈승태기용석"
        "주식회사서울부산시구동이름전화번호메일회사직책국가대리과장부장대표팀님의가을를는다사자인하있고"
    ),
}
_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")


def _ideographs(language: str, *, level_one: tuple[str, int, int] | None) -> Judge:
    """Judge words of signs: most of them usual, and by themselves, not stuck to Latin letters."""
    frequent = frozenset(_FREQUENT[language])

    def is_legible(word: str) -> bool:
        signs = [sign for sign in word if not sign.isascii()]
        if not signs or re.search(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][a-z]", word):
            return not signs
        plain = [sign for sign in signs if sign.isalpha()]
        if not plain:
            return all("\u3000" <= sign <= "\u303f" or "\uff00" <= sign <= "\uffef" for sign in signs)
        kana = sum(bool(_KANA.match(sign)) for sign in plain)
        if kana:
            return language == "japanese" and (len(plain) > 1 or len(word) == 1) and not _is_stray_half_width(plain)
        usual = sum(_is_level_one(sign, level_one) for sign in plain)
        return usual * 2 >= len(plain) and sum(sign in frequent for sign in plain) * 4 >= len(plain)

    return is_legible


def _is_stray_half_width(signs: list[str]) -> bool:
    narrow = sum("\uff61" <= sign <= "\uff9f" for sign in signs)
    return bool(narrow) and (narrow < len(signs) or narrow < 3)


def _is_level_one(sign: str, table: tuple[str, int, int] | None) -> bool:
    if table is None:
        return True
    encoding, first, last = table
    try:
        return first <= sign.encode(encoding)[0] <= last
    except UnicodeEncodeError:
        return False


japanese = _ideographs("japanese", level_one=("cp932", 0x88, 0x98))
chinese = _ideographs("chinese", level_one=("gb2312", 0xB0, 0xD7))
traditional = _ideographs("traditional", level_one=("big5", 0xA4, 0xC6))
korean = _ideographs("korean", level_one=("euc_kr", 0xB0, 0xC8))
