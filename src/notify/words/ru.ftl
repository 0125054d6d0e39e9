# Общее состояние: первая строка каждого сообщения.
totals-models = { $models ->
    [0] модели пока не обнаружены
   *[other] не работает моделей: { $down } из { $models }
}
totals-channels = каналов: { $down } из { $channels }
totals-degraded = нестабильных моделей: { $n }
totals-withdrawn = снято: { $n }
comma = {", "}

# Заголовок сообщения: худшее из него и сколько ещё.
title = { $n ->
    [0] { $first }
   *[other] { $first } и ещё { $n }
}
title-none = Ничего нового
and-more = и ещё { $n }

# Заголовок раздела: что и где. Место стоит в конце.
heading = { $what }: { $place }
already = { $what } (уже было): { $place }
changed = { $what } (изменилось): { $place }
reminder = { $what } (всё ещё): { $place }
resolved = Закончилось ({ $what }): { $place }
passed = Было и прошло ({ $what }): { $place }
flapping = то появляется, то исчезает

# Где.
place-here = channelwarden
key-number = ключ { $n }

# Когда.
since = с { $from } ({ $for })
since-now = с { $from }
at = { $at }
span = с { $from } до { $to }
from-to = с { $from } до { $to } ({ $for })
days = { $n } д
hours = { $n } ч
minutes = { $n } мин
seconds = { $n } с
made = По состоянию на { $at }

open = Открыть панель
undo = Отменить: `channelwarden undo { $numbers }`
undo-many = Отменить по номерам: `channelwarden history{ $gateway }`

# Тест.
test = Это тестовое сообщение
test-hint = Если вы это читаете, оповещения channelwarden доходят. Ничего не случилось.

# Причины: коротко, заголовок, что делать.
withdrawn = снято
withdrawn-heading = { $n ->
    [one] Снята { $n } модель
    [few] Сняты { $n } модели
   *[many] Снято { $n } моделей
}
withdrawn-hint = У пользователей не работает, поэтому убрано из списка; вернётся автоматически, когда заработает. Почему: `channelwarden history{ $scope }`

restored = вернулось
restored-heading = { $n ->
    [one] Вернулась { $n } модель
    [few] Вернулись { $n } модели
   *[many] Вернулось { $n } моделей
}
restored-hint = Снова работает и снова в списке; делать ничего не нужно.

new = новое
new-heading = { $n ->
    [one] { $n } новая модель
    [few] { $n } новые модели
   *[many] { $n } новых моделей
}
new-hint = Проверьте цену и группы в шлюзе. После отмены больше не добавится.
new-free-hint = Возможности и доступность: `channelwarden openrouter`

expiring = скоро отключат
expiring-heading = { $n ->
    [one] Скоро отключат { $n } модель
    [few] Скоро отключат { $n } модели
   *[many] Скоро отключат { $n } моделей
}
expiring-hint = Заранее переведите пользователей на замену; когда модель перестанет работать, она будет снята автоматически.

substituted = отвечает другая модель
substituted-heading = { $n ->
    [one] Похоже, вместо { $n } модели отвечает другая
   *[many] Похоже, вместо { $n } моделей отвечают другие
}
substituted-hint = Спросите провайдера, что стоит за этим именем, или снимите модель сами. Ответы: `channelwarden history{ $scope }`

degraded = нестабильно
degraded-heading = { $n ->
    [one] { $n } модель нестабильна
    [few] { $n } модели нестабильны
   *[many] { $n } моделей нестабильны
}
degraded-hint = Работает с перебоями; будет снято, только если откажет совсем. Пока ничего делать не нужно.

failing = не работает
failing-heading = { $n ->
    [one] { $n } модель не работает, но ещё в списке
    [few] { $n } модели не работают, но ещё в списке
   *[many] { $n } моделей не работают, но ещё в списке
}
failing-hint = Будет снято автоматически, когда сбой подтвердится. Проверить сейчас: `channelwarden sweep{ $scope }`

key-bad = ключ отклонён
key-bad-heading = Ключ отклонён
key-bad-hint = Впишите в канал действующий ключ, затем `channelwarden sweep{ $scope }`

no-credit = нет средств
no-credit-heading = Нет средств
no-credit-hint = Пополните счёт у провайдера, затем `channelwarden sweep{ $scope }`

unreachable = недоступно
unreachable-heading = Провайдер недоступен
unreachable-hint = Проверьте адрес канала, DNS, TLS, прокси и файрвол, затем `channelwarden sweep{ $scope }`

silent = нет нормальных ответов
silent-heading = Канал не отвечает как следует
silent-hint = Дело в канале, а не в моделях, поэтому ничего не снимается. Спросите провайдера, затем `channelwarden sweep{ $scope }`

wanted = нужно изменение
wanted-heading = Нужно изменение, но шлюз только наблюдается
wanted-hint = Посмотреть: `channelwarden plan{ $gateway }`. Чтобы записывалось, задайте шлюзу `mode`: `propose` или `apply`.

proposed = ждёт одобрения
proposed-heading = Изменение ждёт одобрения
proposed-hint = Посмотреть: `channelwarden plan{ $gateway }`. Одобрить: `channelwarden apply{ $scope }`

held = изменение задержано
held-heading = Изменение задержано защитой
held-hint = Почему: `channelwarden plan{ $gateway }`. Если сработал лимит, пропустить: `channelwarden apply{ $scope } --held`

contested = пишет кто-то ещё
contested-heading = Кто-то отменяет наши изменения
contested-hint = Найдите, кто ещё правит этот канал (другой экземпляр, синхронизация), или не пишите в него: `channelwarden hold{ $scope }`

budget = бюджет почти исчерпан
budget-heading = Бюджет проверок почти исчерпан
budget-hint = Когда он кончится, до 00:00 UTC проверок не будет. Увеличьте `budget` или `probe.every` в настройках.

stale = давно нет удачного обхода
stale-heading = Давно не было удачного обхода
stale-hint = Пока его нет, сбои не видны. Проверьте: `channelwarden healthcheck`, затем журнал.

gateway-unreachable = шлюз недоступен
gateway-unreachable-heading = Не удаётся прочитать шлюз
gateway-unreachable-hint = Проверьте, работает ли его база данных или API администратора, адрес, пароль и права; затем `channelwarden sweep{ $gateway } --dry-run`

store-unreachable = собственное хранилище недоступно
store-unreachable-heading = Собственное хранилище недоступно
store-unreachable-hint = Проверьте место на диске и права на `store.path`. До тех пор ни в один шлюз ничего не пишется.

receiver-down = оповещения не доходят
receiver-down-heading = Получатель не принимает оповещения
receiver-down-hint = Что ждёт отправки: `channelwarden notify outbox`. После исправления: `channelwarden notify test`

litellm-credits = нет средств у LiteLLM
litellm-credits-heading = LiteLLM: на счёте нет средств
litellm-credits-hint = Пополните счёт у провайдера, через которого LiteLLM предоставляет эти модели.

litellm-auth = ключ LiteLLM отклонён
litellm-auth-heading = LiteLLM: провайдер отклонил ключ
litellm-auth-hint = Задайте в настройках LiteLLM действующий ключ для этих моделей.

litellm-server = LiteLLM не отвечает
litellm-server-heading = LiteLLM не отвечает
litellm-server-hint = Проверьте, запущен ли LiteLLM и доступен ли он отсюда.

litellm-upstream = сбой провайдера за LiteLLM
litellm-upstream-heading = LiteLLM: провайдер отвечает ошибкой или молчит
litellm-upstream-hint = Сбой у провайдера этих моделей: подождите или задайте для них в LiteLLM запасную модель (fallback).
