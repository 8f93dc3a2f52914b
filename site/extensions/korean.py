"""Korean strings that the packages lack or word badly; nothing but data lives here.

``STRINGS`` overrides message catalogues, ``OWN`` holds the words of our own templates and ``LIVE``
those of live cells (the English page shows the key), ``DOCSTRINGS`` the headings that numpydoc
writes.
"""

STRINGS = {
    "sphinx": {
        "Back to top": "맨 위로",
        "Breadcrumb": "현재 위치",
        "Close": "닫기",
        "Collapse Sidebar": "사이드바 접기",
        "Color mode": "화면 밝기",
        "Contents": "이 페이지의 내용",
        "Copyright": "저작권",
        "Dark": "어둡게",
        "Error": "오류",
        "Home": "처음으로",
        "Light": "밝게",
        "Link to this code": "이 코드로 가는 링크",
        "Link to this definition": "이 정의로 가는 링크",
        "Link to this equation": "이 수식으로 가는 링크",
        "Link to this heading": "이 제목으로 가는 링크",
        "Link to this image": "이 그림으로 가는 링크",
        "Link to this table": "이 표로 가는 링크",
        "Link to this term": "이 용어로 가는 링크",
        "Link to this toctree": "이 차례로 가는 링크",
        "On this page": "이 페이지의 내용",
        "Permalink": "고유 링크",
        "Search": "검색",
        "Section Navigation": "장 이동",
        "Site navigation": "사이트 이동",
        "Skip to main content": "본문으로 건너뛰기",
        "System Settings": "시스템 설정",
        "next": "다음",
        "next page": "다음 쪽",
        "previous": "이전",
        "previous page": "이전 쪽",
        "Note": "참고",
        "Tip": "도움말",
        "Warning": "주의",
        "Important": "중요",
        "See also": "더 보기",
        "Caution": "주의",
        "Hint": "힌트",
        "Source code": "소스 코드",
        "[source]": "[소스]",
    },
    "booktheme": {
        "By": "지은이",
        "Contents": "이 페이지의 내용",
        "Search": "검색",
    },
    "exercise": {
        "Exercise": "연습문제",
        "Solution to": "풀이:",
        "Solution": "풀이",
    },
    "proof": {
        "Proof": "증명",
        "Theorem": "정리",
        "Lemma": "보조정리",
        "Corollary": "따름정리",
        "Proposition": "명제",
        "Definition": "정의",
        "Remark": "참고",
        "Example": "예",
        "Algorithm": "알고리즘",
        "Property": "성질",
    },
}

OWN = {
    "Chapters": "차례",
    "Open or close the list of chapters": "차례 열고 닫기",
    "Open or close the contents of this page": "이 페이지의 내용 열고 닫기",
    "Download this notebook": "이 노트북 내려받기",
    "Download all notebooks": "모든 노트북 내려받기",
    "Searching needs JavaScript.": "검색에는 자바스크립트가 필요합니다.",
    "Pages found: %s": "찾은 쪽: %s",
    "Nothing found. Try a shorter word.": "찾지 못했습니다. 더 짧은 말로 찾아보세요.",
    "Your guess:": "내 짐작:",
    "Show the result": "결과 보기",
    "Hide the result": "결과 접기",
    "Show the code": "코드 보기",
    "Hide the code": "코드 접기",
    "Show the code and its result": "코드와 결과 보기",
    "Hide the code and its result": "코드와 결과 접기",
    "EPUB, for reading apps and e-book readers": "EPUB: 전자책 앱과 단말기용",
    "PDF, for printing": "PDF: 인쇄용",
    "The site, to be unpacked and opened as a file": "사이트: 압축을 풀어 파일로 열면 됩니다",
    "All notebooks, with package and data": "모든 노트북: 패키지와 자료 포함",
    "Cite this book": "이 책 인용하기",
    "Changelog": "바뀐 점",
    "Report a mistake on this page": "이 페이지의 잘못 알리기",
    "Source of this page": "이 페이지의 소스",
    "Checked on %s with %s.": "%s에 %s로 확인했습니다.",
    "Solutions": "풀이",
    "On the site this figure moves.": "사이트에서는 이 그림을 움직여 볼 수 있습니다.",
}

LIVE = {
    "Run": "실행",
    "Stop": "멈춤",
    "Edit": "고치기",
    "Reset": "되돌리기",
    "%s, cell %d": "%s, 셀 %d",
    "Code of cell %d. Shift+Enter runs it, Escape leaves it.": (
        "셀 %d의 코드. Shift+Enter는 실행, Esc는 나가기."
    ),
    "Waiting for its turn": "차례를 기다립니다",
    "Starting…": "준비합니다…",
    "Loading %s…": "%s 불러오는 중…",
    "Running…": "실행 중…",
    "Running cell %d, which stands above…": "위에 있는 셀 %d부터 실행 중…",
    "Same as printed": "위의 출력과 같습니다",
    "Differs from what is printed": "위의 출력과 다릅니다",
    "Drawn here, by another Matplotlib": "다른 판의 Matplotlib으로 여기에서 그렸습니다",
    "Ran without output": "출력 없이 실행했습니다",
    "Error": "오류",
    "Edited": "고친 코드",
    "Stopped. The next run starts from the top.": (
        "멈추었습니다. 다음에는 맨 위부터 다시 실행합니다."
    ),
    "Cell %d, which stands above, raised an error.": "위에 있는 셀 %d에서 오류가 났습니다.",
    "Python could not be loaded: %s": "파이썬을 불러오지 못했습니다: %s",
    "Needs %s, which does not run on a page.": (
        "이 페이지에 없는 %s를 씁니다. 여기에서는 실행되지 않습니다."
    ),
    "Differs: NumPy cannot warn in a browser, so warnings are not judged": (
        "위와 다릅니다. 브라우저의 NumPy는 경고하지 못해서 경고는 판정하지 않습니다"
    ),
    "… %s more characters": "… %s자 더",
    "Output of your run": "직접 실행한 출력",
    "Solved": "풀었습니다",
    "Exercises solved: %d of %d": "푼 연습문제: %d / %d",
    "Cells run when the folder is served: python -m http.server in the folder of the site, then "
    "open http://localhost:8000": (
        "셀을 실행하려면 사이트 폴더에서 python -m http.server를 실행한 다음 "
        "http://localhost:8000을 여세요"
    ),
}

DOCSTRINGS = {
    "Attributes": "속성",
    "Examples": "예",
    "Methods": "메서드",
    "Notes": "설명",
    "Parameters": "매개변수",
    "Raises": "예외",
    "References": "참고 문헌",
    "Returns": "반환값",
    "See Also": "함께 보기",
}
