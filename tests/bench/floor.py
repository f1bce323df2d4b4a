"""The floor: what any Flask page costs that reads 50 rows with SQLAlchemy Core and shows them.

``gunicorn "tests.bench.floor:create_app('registry.sqlite')"`` serves it.
"""

import sqlalchemy as sa
from flask import Flask, render_template

MEASURE = sa.table(
    "measure",
    *(sa.column(name) for name in ("id", "number", "title", "status", "ends_on", "plan_order")),
)
ROWS = (
    sa.select(MEASURE.c.id, MEASURE.c.number, MEASURE.c.title, MEASURE.c.status, MEASURE.c.ends_on)
    .order_by(MEASURE.c.id)
    .limit(50)
)


def create_app(database: str) -> Flask:
    app = Flask(__name__, template_folder=".")
    engine = sa.create_engine(f"sqlite:///{database}")

    @app.get("/")
    def measures() -> str:
        with engine.connect() as connection:
            return render_template("floor.html", rows=connection.execute(ROWS).all())

    return app
